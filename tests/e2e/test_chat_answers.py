"""What can be done with answers and questions on the public chat page: ratings, speech, pictures."""

import base64
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from apps.logs.models import Feedback, Message, MessageFile

from .chat_page import (
    answer,
    ask,
    box,
    chat_app,
    ended,
    enter,
    rows,
    upstream_app,
)
from .conftest import Chromium

pytestmark = pytest.mark.browser
SILENCE = (  # a WAV file
    b"RIFF$\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00@\x1f\x00\x00\x80>\x00\x00"
    b"\x02\x00\x10\x00data\x00\x00\x00\x00"
)


# --- answers ------------------------------------------------------------------------------------------------


def test_web_12_an_answer_is_copied_and_rated(chromium: Chromium):
    app = chat_app()
    with chromium.page(permissions=["clipboard-read", "clipboard-write"]) as page:
        enter(page, app)
        ask(page, "Hello?")
        ended(page)
        answer(page).get_by_role("button", name="Copy answer").click()
        expect(answer(page).get_by_role("button", name="Copied")).to_be_visible()
        assert "You wrote: Hello?" in page.evaluate("navigator.clipboard.readText()")

        good, bad = (answer(page).get_by_role("button", name=name) for name in ("Good answer", "Bad answer"))
        good.click()
        expect(good).to_have_attribute("aria-pressed", "true")
        bad.click()
        expect(bad).to_have_attribute("aria-pressed", "true")
        expect(good).to_have_attribute("aria-pressed", "false")
        page.reload()
        expect(bad).to_have_attribute("aria-pressed", "true")
        [feedback] = rows(Feedback)
        assert (feedback.rating, feedback.source) == ("dislike", "user")
        bad.click()
        expect(bad).to_have_attribute("aria-pressed", "false")
        page.reload()
        expect(bad).to_have_attribute("aria-pressed", "false")
        assert rows(Feedback) == []


def test_an_answer_is_stopped_and_asked_for_again(chromium: Chromium, upstream):
    app = upstream_app(upstream, "gen-400-50")
    with chromium.page() as page:
        enter(page, app)
        ask(page, "Go on for ever")
        expect(answer(page).locator(".md")).not_to_be_empty()
        page.get_by_role("button", name="Stop", exact=True).click()
        ended(page, "The answer was stopped.")
        answer(page).get_by_role("button", name="Ask again").click()
        expect(page.locator(".msg.user")).to_have_text(["Go on for ever"] * 2)
        expect(answer(page).get_by_role("button", name="Ask again")).to_be_hidden()
        expect(answer(page, 1).locator(".md")).not_to_be_empty()
        page.get_by_role("button", name="Stop", exact=True).click()
        ended(page, "The answer was stopped.")
    messages = rows(Message)
    assert [message.status for message in messages] == ["stopped"] * 2
    assert len({message.conversation_id for message in messages}) == 1


def test_a_failure_is_told_and_can_be_tried_again(chromium: Chromium, upstream):
    app = upstream_app(upstream, "fail-401")
    with chromium.page() as page:
        enter(page, app)
        ask(page, "Hello?")
        expect(answer(page).locator(".notice.bad")).to_be_visible()
        answer(page).get_by_role("button", name="Ask again").click()
        expect(answer(page, 1).locator(".notice.bad")).to_be_visible()


# --- speech and pictures ------------------------------------------------------------------------------------

SPEECH = {"whisper-1": "speech2text", "tts-1": "tts"}


def test_web_13_words_are_spoken_both_ways(chromium: Chromium, upstream):
    app = upstream_app(
        upstream, "echo", SPEECH, speech_to_text={"enabled": True}, text_to_speech={"enabled": True, "voice": "alloy"}
    )
    with chromium.page(permissions=["microphone"]) as page:
        sound: list[tuple[int, str]] = []

        def play(route: Any) -> None:
            real = route.fetch()
            sound.append((real.status, real.headers["content-type"]))
            route.fulfill(body=SILENCE, content_type="audio/wav")

        page.route("**/api/text-to-audio", play)
        enter(page, app)
        page.get_by_role("button", name="Speak").click()
        page.get_by_role("button", name="Stop recording").click()
        expect(box(page)).to_have_value(re.compile(r"transcript of \d+ bytes"))
        box(page).press("Enter")
        ended(page)
        answer(page).get_by_role("button", name="Read aloud").click()
        expect(answer(page).get_by_role("button", name="Read aloud")).to_be_visible()
        assert sound == [(200, "audio/mpeg")]
        assert page.locator(".composer .notice:visible").count() == 0


def test_a_refused_microphone_is_explained(chromium: Chromium, upstream):
    app = upstream_app(upstream, "echo", SPEECH, speech_to_text={"enabled": True})
    with chromium.page() as page:
        page.add_init_script("navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no'); }")
        enter(page, app)
        page.get_by_role("button", name="Speak").click()
        expect(page.get_by_role("alert").filter(has_text="microphone")).to_be_visible()


PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
IMAGES = {"image": {"enabled": True, "number_limits": 2, "transfer_methods": ["local_file"]}}


def picture(name: str, size: int = 0, kind: str = "image/png") -> Any:
    return {"name": name, "mimeType": kind, "buffer": PNG + b"\0" * size}


def drop(page: Page, event: str, name: str) -> None:
    """Pastes or drops a picture, as the browser tells of it."""
    page.evaluate(
        """([event, bytes, name]) => {
            const data = new DataTransfer();
            const bytesOf = Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0));
            data.items.add(new File([bytesOf], name, { type: "image/png" }));
            const target = document.querySelector("chat-pane textarea");
            const options = { bubbles: true, cancelable: true };
            target.dispatchEvent(event === "paste" ? new ClipboardEvent("paste", { clipboardData: data, ...options })
                : new DragEvent("drop", { dataTransfer: data, ...options }));
        }""",
        [event, base64.b64encode(PNG).decode(), name],
    )


def test_web_14_pictures_are_picked_pasted_and_dropped(chromium: Chromium):
    app = chat_app({"file_upload": IMAGES})
    with chromium.page() as page:
        enter(page, app)
        picker = page.locator("chat-pane input[type=file]").first
        thumbs = page.get_by_role("list", name="Pictures to send").get_by_role("img")
        alert = page.locator(".composer .notice.bad")

        picker.set_input_files([picture("big.png", 11 * 2**20)])
        expect(alert).to_have_text("big.png is larger than 10 MB.")
        picker.set_input_files([picture("evil.svg", kind="image/svg+xml")])
        expect(alert).to_contain_text("evil.svg is not a PNG")
        expect(thumbs).to_have_count(0)

        drop(page, "paste", "pasted.png")
        expect(thumbs).to_have_count(1)
        drop(page, "drop", "dropped.png")
        expect(thumbs).to_have_count(2)
        drop(page, "drop", "third.png")
        expect(alert).to_have_text("A question carries at most 2 pictures.")
        page.get_by_role("button", name="Remove pasted.png").click()
        picker.set_input_files([picture("picked.png")])
        expect(thumbs).to_have_count(2)
        expect(page.locator(".thumbs [aria-busy=true]")).to_have_count(0)

        ask(page, "What is this?")
        expect(page.locator(".msg.user img")).to_have_count(2)
        expect(thumbs).to_have_count(0)
        ended(page)
        assert len(rows(MessageFile, belongs_to="user", type="image")) == 2
        page.reload()
        kept = page.locator(".msg.user img")
        expect(kept).to_have_count(2)
        assert kept.evaluate_all("all => Promise.all(all.map((one) => one.decode().then(() => one.naturalWidth)))") == [
            1,
            1,
        ]


def test_web_14_a_picture_the_server_refuses_says_why(chromium: Chromium):
    app = chat_app({"file_upload": IMAGES})
    with chromium.page() as page:
        refusal = {"code": "file_too_large", "message": "The file is over the limit of 1 MB.", "status": 413}
        page.route("**/api/files/upload", lambda route: route.fulfill(status=413, json=refusal))
        enter(page, app)
        page.locator("chat-pane input[type=file]").first.set_input_files([picture("a.png")])
        expect(page.locator(".composer .notice.bad")).to_have_text("a.png: The file is over the limit of 1 MB.")
        expect(page.get_by_role("list", name="Pictures to send")).to_be_hidden()
        chromium.complaints.clear()  # the browser itself reports the 413
