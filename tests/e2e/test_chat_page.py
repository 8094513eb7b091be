"""The public chat page, as somebody with nothing but its link uses it."""

import base64
import gzip
import re
from collections.abc import Callable
from json import dumps
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Dialog, Locator, Page, WebSocketRoute, expect

from apps.common import notify
from apps.common.ids import new_id
from apps.logs.models import Conversation, Feedback, Message
from apps.prompts.models import App, EndUser, Site
from apps.prompts.runtime import APP_TOPIC
from apps.prompts.services.apps import reset_site_code
from tests.factories import make_app, make_provider, make_workspace, upstream_config

from .axe import violations
from .conftest import Chromium, aside
from .test_console import PAYLOAD, handbook_app

pytestmark = pytest.mark.browser
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
TABLET: dict[str, Any] = {"viewport": {"width": 820, "height": 1180}, "has_touch": True}
DESKTOP: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
FORM = [
    {"text-input": {"variable": "name", "label": "Your name", "required": True, "max_length": 20}},
    {"select": {"variable": "topic", "label": "Topic", "required": True, "options": ["Travel", "Invoices"]}},
    {"number": {"variable": "age", "label": "Age", "required": False}},
]
LONG = "Please explain to me in detail what the travel rules say about hotels, flights and receipts"
SILENCE = (  # a WAV file
    b"RIFF$\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00@\x1f\x00\x00\x80>\x00\x00"
    b"\x02\x00\x10\x00data\x00\x00\x00\x00"
)


def chat_app(config: dict[str, Any] | None = None, **site: Any) -> App:
    """A published chat app on the demo model, with settings for its page."""

    def make() -> App:
        app = make_app(make_workspace(), config)
        if site:
            Site.objects.create(app=app, **site)
        return app

    return aside(make)


def upstream_app(upstream: Any, model: str, others: dict[str, Any] | None = None, **config: Any) -> App:
    def make() -> App:
        workspace = make_workspace()
        make_provider(workspace, upstream.base_url, model, **(others or {}))
        return make_app(workspace, upstream_config(model, **config))

    return aside(make)


def enter(page: Page, app: App, query: str = "", path: str = "chat") -> None:
    page.goto(f"/{path}/{app.site_code}{query}")
    expect(page.locator("chat-pane .chat-log")).to_be_attached()


def box(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message")


def ask(page: Page, question: str) -> None:
    box(page).fill(question)
    box(page).press("Enter")


def answer(page: Page, number: int = 0) -> Locator:
    return page.get_by_role("article", name="Answer").nth(number)


def ended(page: Page, text: str | re.Pattern[str] = "Answer:") -> None:
    expect(page.get_by_role("status")).to_contain_text(text, timeout=20_000)


def talks(page: Page) -> Locator:
    return page.locator(".talk-name")


def act(page: Page, talk: str, action: str) -> None:
    page.get_by_role("button", name=f"Actions for {talk}").click()
    page.locator(".item-menu").get_by_role("button", name=action).click()


def rows(model: Any, **filters: Any) -> list[Any]:
    return aside(lambda: list(model.objects.filter(**filters)))


# --- a stranger's first visit -------------------------------------------------------------------------------


def test_web_01_09_13_a_stranger_fills_in_the_form_chats_and_is_asked_on(chromium: Chromium):
    config = {
        "pre_prompt": "Greet {{name}}.",
        "opening_statement": "Hello {{name}}, ask about **{{topic}}**.",
        "suggested_questions": ["What may a hotel cost?"],
        "suggested_questions_after_answer": {"enabled": True},
        "user_input_form": FORM,
    }
    app = chat_app(config, description="", title="Travel desk")
    with chromium.page(**DESKTOP) as page:
        enter(page, app)
        expect(page.get_by_role("heading", level=1, name="Travel desk")).to_be_visible()
        expect(box(page)).to_be_hidden()
        page.get_by_role("button", name="Start chat").click()
        expect(page.get_by_label("Your name")).to_be_focused()
        expect(box(page)).to_be_hidden()

        page.get_by_label("Your name").fill("Ada")
        page.get_by_label("Topic").select_option("Travel")
        page.get_by_role("spinbutton").fill("36")
        page.get_by_role("button", name="Start chat").click()
        expect(page.locator(".chat-start .md")).to_have_text("Hello Ada, ask about Travel.")
        expect(page.get_by_label("Your name")).to_be_hidden()
        page.get_by_text("What you told the app").click()
        expect(page.locator(".given dd")).to_have_text(["Ada", "Travel", "36"])

        page.get_by_role("button", name="What may a hotel cost?").click()
        expect(answer(page).locator(".md")).to_contain_text("You wrote: What may a hotel cost?")
        ended(page)
        [message] = rows(Message)
        assert message.inputs == {"name": "Ada", "topic": "Travel", "age": 36}

        follow_ups = page.get_by_role("group", name="You could ask next").get_by_role("button")
        expect(follow_ups).to_have_count(3)
        question = follow_ups.first.inner_text()
        follow_ups.first.click()
        expect(page.locator(".msg.user").nth(1)).to_have_text(question)
        ended(page)
        assert len(rows(Conversation)) == 1


def test_web_13_citations_are_shown(chromium: Chromium):
    def make() -> App:
        make_workspace()
        return handbook_app()

    app = aside(make)
    with chromium.page() as page:
        enter(page, app)
        expect(page.locator(".chat-start strong")).to_have_text("travel rules")
        ask(page, "What may a hotel in Oslo cost?")
        source = answer(page).locator(".cites details").first
        expect(source).to_contain_text("travel-rules")
        source.locator("summary").press("Enter")
        expect(source.locator(".passage")).to_contain_text("at most 210 euros a night")
        page.reload()
        expect(answer(page).locator(".cites details").first).to_contain_text("travel-rules")


def test_web_03_the_site_settings_are_seen(chromium: Chromium):
    app = chat_app(
        title="旅行の窓口",
        default_language="ja-JP",
        copyright="Acme 2026",
        privacy_policy="https://acme.example/privacy",
        custom_disclaimer="Answers may be wrong.",
        input_placeholder="なんでもどうぞ",
        chat_color_theme="#ff0080",
    )
    with chromium.page(**DESKTOP) as page:
        enter(page, app)
        expect(page).to_have_title("旅行の窓口")
        expect(page.get_by_role("button", name="送信")).to_be_enabled()
        expect(page.get_by_placeholder("なんでもどうぞ")).to_be_visible()
        expect(page.get_by_role("link", name="プライバシーポリシー")).to_have_attribute("href", SITE_POLICY)
        expect(page.get_by_text("© Acme 2026")).to_be_visible()
        expect(page.get_by_text("Answers may be wrong.")).to_be_visible()
        assert violations(page) == []
        accent = page.get_by_role("button", name="送信").evaluate("button => getComputedStyle(button).backgroundColor")
        red, green, blue = map(int, re.findall(r"\d+", accent)[:3])
        assert red > 150
        assert green < 30
        assert 60 < blue < 130


SITE_POLICY = "https://acme.example/privacy"


@pytest.mark.parametrize("device", [DESKTOP, TABLET, PHONE], ids=["desktop", "tablet", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_web_02_every_state_fits_and_is_accessible(chromium: Chromium, device: dict[str, Any], scheme: str):
    config = {"user_input_form": FORM, "opening_statement": "Hello **{{name}}**", "suggested_questions": ["Why?"]}
    app = chat_app(config, title="Travel desk", chat_color_theme="#e0b000", custom_disclaimer="Answers may be wrong.")

    def fits(page: Page) -> None:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
        assert violations(page) == []

    with chromium.page(color_scheme=scheme, reduced_motion="reduce", **device) as page:
        enter(page, app)
        fits(page)
        page.get_by_label("Your name").fill("Ada")
        page.get_by_label("Topic").select_option("Travel")
        page.get_by_role("button", name="Start chat").click()
        fits(page)
        ask(page, "x" * 300 + "\n```\n" + "y" * 300 + "\n```")
        ended(page)
        fits(page)
        if page.locator("#open-panel").is_visible():
            page.locator("#open-panel").click()
        page.locator(".talk-more").click()
        fits(page)
        page.locator(".item-menu .danger").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        fits(page)


def test_web_02_on_a_phone_the_conversations_slide_in(chromium: Chromium):
    app = chat_app()
    with chromium.page(**PHONE) as page:
        enter(page, app)
        ask(page, "Hello?")
        ended(page)
        panel = page.locator("#panel")
        expect(panel).to_be_hidden()
        opener = page.get_by_role("button", name="Show conversations")
        opener.tap()
        expect(talks(page)).to_be_visible()
        expect(page.get_by_role("button", name="Close the list")).to_be_focused()
        page.keyboard.press("Escape")
        expect(panel).to_be_hidden()
        expect(opener).to_be_focused()
        opener.tap()
        page.locator("#panel").get_by_role("button", name="New chat").tap()
        expect(panel).to_be_hidden()
        expect(answer(page)).to_have_count(0)


# --- conversations ------------------------------------------------------------------------------------------


def test_web_10_conversations_are_renamed_pinned_and_deleted(chromium: Chromium):
    app = chat_app()
    with chromium.page(**DESKTOP) as page:
        enter(page, app)
        for number, question in enumerate(["One?", "Two?", "Three?"]):
            ask(page, question)
            ended(page)
            expect(talks(page)).to_have_count(number + 1)
            expect(talks(page).first).to_have_text(question)
            page.get_by_role("button", name="New chat").first.click()
            expect(page.get_by_role("article", name="Answer")).to_have_count(0)

        act(page, "One?", "Pin")
        expect(page.locator("#talks h2")).to_have_text(["Pinned", "Recent"])
        expect(talks(page)).to_have_text(["One?", "Three?", "Two?"])

        act(page, "Two?", "Rename")
        field = page.get_by_label("Name of the conversation")
        expect(field).to_be_focused()
        field.fill("The second")
        field.press("Enter")
        expect(talks(page)).to_have_text(["One?", "Three?", "The second"])
        act(page, "Three?", "Rename")
        field.fill("Never mind")
        field.press("Escape")
        expect(talks(page)).to_have_text(["One?", "Three?", "The second"])

        page.reload()
        expect(talks(page).first).to_have_text("One?")
        expect(talks(page)).to_have_count(3)
        talks(page).filter(has_text="The second").click()
        expect(answer(page)).to_contain_text("You wrote: Two?")
        expect(page.get_by_role("heading", level=1)).to_have_text("The second")

        act(page, "The second", "Delete")
        expect(page.get_by_role("dialog")).to_contain_text("cannot be brought back")
        page.get_by_role("button", name="Cancel").click()
        expect(talks(page)).to_have_count(3)
        act(page, "The second", "Delete")
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(talks(page)).to_have_text(["One?", "Three?"])
        expect(answer(page)).to_have_count(0)
        act(page, "One?", "Unpin")
        expect(page.locator("#talks h2")).to_have_text(["Conversations"])
        page.reload()
        expect(talks(page)).to_have_count(2)


def test_web_11_the_name_comes_after_the_answer(chromium: Chromium):
    app = chat_app()
    with chromium.page(**DESKTOP) as page:
        enter(page, app)
        ask(page, LONG)
        ended(page)
        expect(talks(page)).not_to_have_text("New conversation")
        [conversation] = rows(Conversation)
        expect(page.get_by_role("heading", level=1)).to_have_text(conversation.name)


def test_more_conversations_and_earlier_messages_are_loaded_when_asked_for(chromium: Chromium):
    app = chat_app()
    with chromium.page(**DESKTOP) as page:
        enter(page, app)
        ask(page, "First?")
        ended(page)
        [conversation] = rows(Conversation)

        def fill() -> None:
            owner = ("workspace_id", "app_id", "invoke_from", "end_user_id")
            whose = {name: getattr(conversation, name) for name in owner}
            for number in range(30):
                Conversation.objects.create(name=f"Talk {number}", **whose)
            first = Message.objects.get()
            own = {"id", "task_id", "created_at", "query"}
            fields = [field.attname for field in Message._meta.concrete_fields if field.attname not in own]
            copy = {name: getattr(first, name) for name in fields}
            for number in range(45):
                Message.objects.create(task_id=new_id(), query=f"Question {number}", **copy)

        aside(fill)
        page.reload()
        expect(talks(page)).to_have_count(20)
        page.get_by_role("button", name="Show more").click()
        expect(talks(page)).to_have_count(31)
        expect(page.get_by_role("button", name="Show more")).to_be_hidden()

        expect(page.locator(".msg.user")).to_have_count(20)
        earlier = page.get_by_role("button", name="Show earlier messages")
        earlier.click()
        expect(page.locator(".msg.user")).to_have_count(40)
        earlier.click()
        expect(page.locator(".msg.user")).to_have_count(46)
        expect(earlier).to_be_hidden()
        expect(page.locator(".msg.user").first).to_have_text("First?")
        expect(page.locator(".msg.user").last).to_have_text("Question 44")


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


# --- the connection -----------------------------------------------------------------------------------------


def words_of(page: Page, number: int = 0) -> list[str]:
    return answer(page, number).locator(".md").inner_text().split()


def test_a_cut_websocket_is_resumed_without_losing_or_doubling_text(chromium: Chromium, upstream):
    app = upstream_app(upstream, "gen-40-60")
    with chromium.page() as page:
        cuts: list[int] = []

        def forward(socket: WebSocketRoute) -> None:
            server = socket.connect_to_server()

            def cut_once(message: str | bytes) -> None:
                socket.send(message)
                if not cuts and "tok9" in str(message):
                    cuts.append(1)
                    socket.close(code=1012)
                    server.close()

            server.on_message(cut_once)

        page.route_web_socket(re.compile("/ws/"), forward)
        enter(page, app)
        ask(page, "Count")
        expect(page.get_by_role("alert").filter(has_text="Reconnecting")).to_be_visible()
        ended(page)
        assert cuts
        assert len(words_of(page)) == len(set(words_of(page))) == 40


def test_a_reload_in_the_middle_of_an_answer_goes_on_with_it(chromium: Chromium, upstream):
    app = upstream_app(upstream, "gen-60-60")
    with chromium.page() as page:
        enter(page, app)
        ask(page, "Count")
        expect(answer(page).locator(".md")).to_contain_text("tok5")
        page.reload()
        expect(page.locator(".msg.user")).to_have_text(["Count"])
        ended(page)
        assert len(words_of(page)) == len(set(words_of(page))) == 60
        page.reload()
        expect(answer(page)).to_have_count(1)
        assert len(words_of(page)) == 60


def test_an_answer_goes_on_while_another_conversation_is_read(chromium: Chromium, upstream):
    app = upstream_app(upstream, "gen-60-60")
    with chromium.page(**DESKTOP) as page:
        enter(page, app)
        ask(page, "Count")
        expect(answer(page).locator(".md")).to_contain_text("tok5")
        page.get_by_role("button", name="New chat").first.click()
        expect(answer(page)).to_have_count(0)
        ask(page, "Count again")
        expect(answer(page).locator(".md")).to_contain_text("tok3")
        talks(page).filter(has_text=re.compile("^Count$")).click()
        expect(page.locator(".msg.user")).to_have_text(["Count"])
        ended(page)
        assert len(words_of(page)) == 60
    assert {message.status for message in rows(Message)} <= {"normal", "running"}


def blocked(page: Page) -> None:
    """A network that lets no websocket through."""
    page.route_web_socket(re.compile("/ws/"), lambda socket: socket.close(code=1006 + 5))


def test_without_websockets_answers_come_as_event_streams(chromium: Chromium, upstream):
    app = upstream_app(upstream, "gen-60-60")
    with chromium.page() as page:
        blocked(page)
        enter(page, app)
        ask(page, "Count")
        expect(answer(page).locator(".md")).to_contain_text("tok5")
        page.reload()
        ended(page)
        assert len(words_of(page)) == len(set(words_of(page))) == 60
        ask(page, "Count on")
        expect(answer(page, 1).locator(".md")).to_contain_text("tok3")
        page.get_by_role("button", name="Stop", exact=True).click()
        ended(page, "The answer was stopped.")
        expect(page.locator(".notice.warn")).to_be_hidden()
    assert len({message.conversation_id for message in rows(Message)}) == 1


def test_a_websocket_that_swallows_everything_is_given_up(chromium: Chromium):
    app = chat_app()
    with chromium.page() as page:
        page.route_web_socket(re.compile("/ws/"), lambda socket: None)
        enter(page, app)
        ask(page, "Hello?")
        ended(page)


def test_a_passport_that_is_worth_nothing_is_renewed(chromium: Chromium):
    app = chat_app()
    with chromium.page() as page:
        key = f"passport:{app.site_code}:"
        page.add_init_script(f"localStorage.getItem('{key}') ?? localStorage.setItem('{key}', 'forged')")
        enter(page, app)
        ask(page, "Hello?")
        ended(page)
        assert page.evaluate(f"localStorage.getItem('{key}')") != "forged"
        chromium.complaints.clear()  # the browser itself reports the 401


def test_web_04_a_page_that_moves_while_it_is_open_says_so(chromium: Chromium):
    app = chat_app()
    with chromium.page() as page:
        sockets: list[WebSocketRoute] = []

        def forward(socket: WebSocketRoute) -> None:
            socket.connect_to_server()
            sockets.append(socket)

        page.route_web_socket(re.compile("/ws/"), forward)
        enter(page, app)
        expect(page.get_by_role("button", name="Send")).to_be_enabled()
        aside(lambda: reset_site_code(app=app))
        sockets[0].close(code=1012)
        expect(page.get_by_role("alert").filter(has_text="does not exist any more")).to_be_visible()
        expect(page.get_by_role("button", name="Send")).to_be_disabled()
        page.reload()
        expect(page.get_by_role("heading")).to_have_text("There is nothing at this address")
        assert violations(page) == []
        chromium.complaints.clear()  # the browser itself reports the 404


# --- what the address says ----------------------------------------------------------------------------------


def packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode())).decode()


@pytest.mark.parametrize("pack", [str, packed], ids=["plain", "packed"])
@pytest.mark.parametrize("path", ["chat", "chatbot"])
def test_inputs_and_the_user_come_with_the_address(chromium: Chromium, path: str, pack: Callable[[str], str]):
    app = chat_app({"user_input_form": FORM, "opening_statement": "Hello {{name}}."})
    query = urlencode({name: pack(value) for name, value in VALUES.items()})
    with chromium.page() as page:
        enter(page, app, f"?{query}", path)
        expect(page.locator(".chat-start .md")).to_have_text("Hello Ådä + <b>.")
        ask(page, "Who am I?")
        ended(page)
    [message] = rows(Message)
    assert message.inputs == {"name": "Ådä + <b>", "topic": "Invoices", "age": ""}
    [visitor] = rows(EndUser)
    assert (visitor.session_id, visitor.is_anonymous) == ("ada@acme", False)


VALUES = {"name": "Ådä + <b>", "topic": "Invoices", "sys.user_id": "ada@acme", "user.name": "Ada", "unknown": "x"}


def test_bad_inputs_of_an_address_leave_the_form_to_the_person(chromium: Chromium):
    app = chat_app({"user_input_form": FORM})
    query = urlencode({"name": packed("Ada")[:-12], "topic": "Nothing of the kind", "age": "old"})
    with chromium.page() as page:
        enter(page, app, f"?{query}")
        expect(page.get_by_role("button", name="Start chat")).to_be_visible()
        expect(page.get_by_label("Your name")).to_have_value("")
        expect(page.get_by_label("Topic")).to_have_value("")
        expect(page.get_by_role("spinbutton")).to_have_value("")
        chromium.complaints.clear()  # the browser itself remarks on the number


def test_an_address_may_name_the_conversation_of_its_user(chromium: Chromium):
    app = chat_app()
    with chromium.page() as page:
        enter(page, app, "?sys.user_id=ada")
        ask(page, "Remember me?")
        ended(page)
    [conversation] = rows(Conversation)
    with chromium.page() as page:
        enter(page, app, f"?sys.user_id=ada&sys.conversation_id={conversation.pk}")
        expect(page.locator(".msg.user")).to_have_text(["Remember me?"])
        enter(page, app, f"?sys.user_id=eve&sys.conversation_id={conversation.pk}")
        expect(page.get_by_role("alert").filter(has_text="Conversation Not Exists.")).to_be_visible()
        expect(page.locator(".msg.user")).to_have_count(0)
        chromium.complaints.clear()  # the browser itself reports the 404


# --- hostile content ----------------------------------------------------------------------------------------

SPLIT = [
    PAYLOAD,
    "[x](javascript:alert(1)) [y](vbscript:alert(1)) [z](JaVaScRiPt&colon;alert(1))",
    "<a href='javascript:alert(1)'>a</a><base href=//127.0.0.1:9/>"
    "<meta http-equiv=refresh content='0;url=//127.0.0.1:9'>",
    "<form action=//127.0.0.1:9><button>b</button></form><object data=//127.0.0.1:9></object><embed src=//127.0.0.1:9>",
    "![a](http://127.0.0.1:9/leak?q=secret) ![b][ref]\n\n[ref]: //127.0.0.1:9/leak2.png",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
]


def test_h_01_h_11_hostile_markdown_split_anywhere_leaves_no_trace(chromium: Chromium):
    app = chat_app()
    with chromium.page() as page:
        dialogs: list[str] = []
        elsewhere: list[str] = []
        said: list[str] = []

        def dismiss(dialog: Dialog) -> None:
            dialogs.append(dialog.message)
            dialog.dismiss()

        def speak_evil(socket: WebSocketRoute) -> None:
            """Answers each question with the next text, three characters at a time."""

            def hear(message: str | bytes) -> None:
                if '"auth"' in str(message):
                    socket.send('{"event": "ready"}')
                if '"chat"' not in str(message):
                    return
                text = SPLIT[len(said)]
                said.append(text)
                shared = {"message_id": "m", "conversation_id": None, "task_id": "t"}
                for start in range(0, len(text), 3):
                    socket.send(dumps({"event": "message", "answer": text[start : start + 3], **shared}))
                socket.send(dumps({"event": "message_end", "metadata": {"retriever_resources": HOSTILE}, **shared}))

            socket.on_message(hear)

        page.on("dialog", dismiss)
        page.on(
            "request",
            lambda request: None if request.url.startswith(chromium.base_url) else elsewhere.append(request.url),
        )
        page.route_web_socket(re.compile("/ws/"), speak_evil)
        enter(page, app)
        for number in range(len(SPLIT)):
            ask(page, SPLIT[number])
            expect(answer(page, number).locator(".msg-meta")).to_be_visible()
        for name in ("script", "iframe", "style", "math", "object", "embed", "form", "base", "meta", "svg:not(.icon)"):
            assert page.locator(f".chat-log {name}").count() == 0, name
        assert page.locator(".chat-log .md img").count() == 0
        assert page.locator(".chat-log .cites img").count() == 0
        targets = page.locator(".md a").evaluate_all("links => links.map(link => link.protocol)")
        assert set(targets) <= {"http:", "https:", "mailto:", ":"}  # the last: a link without an address
        assert page.evaluate("document.title") == app.name
        assert dialogs == []
        assert [url for url in elsewhere if not url.startswith(("data:", "blob:"))] == []


HOSTILE = [
    {"position": 1, "document_name": '"><img src=x onerror=alert(1)>', "content": "<img src=x onerror=alert(2)>"}
]


def test_h_07_names_from_strangers_are_text(chromium: Chromium):
    evil = '"><img src=x onerror=alert(1)>{{name}}'
    form = [{"select": {"variable": "a", "label": evil, "required": False, "options": [evil]}}]
    config = {"user_input_form": form, "opening_statement": evil, "suggested_questions": [evil]}
    app = chat_app(config, title=evil, description=evil, copyright=evil, custom_disclaimer=evil, icon=evil)
    with chromium.page() as page:
        enter(page, app)
        page.get_by_label(evil).select_option(evil)
        page.get_by_role("button", name="Start chat").click()
        page.get_by_role("button", name=evil).click()
        ended(page)
        assert page.locator("img").count() == 0
        expect(page).to_have_title(evil)


# --- keyboard -----------------------------------------------------------------------------------------------


def test_the_keyboard_reaches_everything(chromium: Chromium):
    app = chat_app()
    with chromium.page(**DESKTOP) as page:
        enter(page, app)
        expect(box(page)).to_be_focused()
        page.keyboard.type("one")
        page.keyboard.press("Shift+Enter")
        page.keyboard.type("two")
        expect(box(page)).to_have_value("one\ntwo")
        page.keyboard.press("Enter")
        ended(page)
        expect(page.get_by_role("log")).to_have_attribute("aria-live", "off")

        more = page.get_by_role("button", name=re.compile("Actions for"))
        more.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Pin")).to_be_focused()
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("button", name="Rename")).to_be_focused()
        page.keyboard.press("Escape")
        expect(more).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Cancel")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(talks(page)).to_have_count(1)


# --- the embed view -----------------------------------------------------------------------------------------


def test_the_embed_view_is_the_same_chat_in_little_room(chromium: Chromium):
    app = chat_app(title="Travel desk", chat_color_theme="#0a5c28")
    with chromium.page(viewport={"width": 384, "height": 600}) as page:
        enter(page, app, path="chatbot")
        expect(page.locator(".bar")).to_have_css("background-color", "rgb(10, 92, 40)")
        assert violations(page) == []
        ask(page, "Hello?")
        ended(page)
        page.get_by_role("button", name="Show conversations").click()
        expect(talks(page)).to_have_text(["Hello?"])
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_changed_colour_is_seen_at_the_next_visit(chromium: Chromium):
    app = chat_app(chat_color_theme="#0a5c28")

    def paint() -> None:
        Site.objects.filter(app=app).update(chat_color_theme="#7d0a32")
        notify.send(APP_TOPIC, app.pk)

    with chromium.page() as page:
        enter(page, app, path="chatbot")
        expect(page.locator(".bar")).to_have_css("background-color", "rgb(10, 92, 40)")
        aside(paint)
        page.reload()
        expect(page.locator(".bar")).to_have_css("background-color", "rgb(125, 10, 50)")
