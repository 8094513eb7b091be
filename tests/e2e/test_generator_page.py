"""The public page of a text generator, as somebody with nothing but its link uses it."""

import gzip
from base64 import b64encode
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, Request, expect

from apps.common.ids import new_id
from apps.logs.models import Feedback, Message, SavedMessage
from apps.prompts.models import App, EndUser
from tests.factories import make_app, make_provider, make_workspace, upstream_config

from .axe import violations
from .conftest import Chromium, aside

pytestmark = pytest.mark.browser
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DARK: dict[str, Any] = {"color_scheme": "dark"}
FORM = [
    {"text-input": {"variable": "topic", "label": "Topic", "required": True, "max_length": 40}},
    {"select": {"variable": "tone", "label": "Tone", "required": False, "options": ["dry", "warm"]}},
    {"number": {"variable": "words", "label": "Words", "required": False, "default": 50}},
]
CONFIG = {"pre_prompt": "{{topic}}", "user_input_form": FORM, "more_like_this": {"enabled": True}}


def generator(**config: Any) -> App:
    """A published text generator on the demo model."""
    return aside(lambda: make_app(make_workspace(), {**CONFIG, **config}, mode="completion"))


def upstream_generator(upstream: Any, model: str, **config: Any) -> App:
    def make() -> App:
        workspace = make_workspace()
        make_provider(workspace, upstream.base_url, model)
        return make_app(workspace, upstream_config(model, **{**CONFIG, **config}), mode="completion")

    return aside(make)


def enter(page: Page, app: App, fragment: str = "") -> None:
    page.goto(f"/completion/{app.site_code}{fragment}")
    expect(page.get_by_role("tab", selected=True)).to_be_visible()


def write_about(page: Page, topic: str) -> None:
    page.get_by_label("Topic").fill(topic)
    page.get_by_role("button", name="Generate").click()


def choose(page: Page, content: str | bytes, name: str = "rows.csv") -> None:
    data = content.encode() if isinstance(content, str) else content
    page.locator("#batch-file").set_input_files({"name": name, "mimeType": "text/csv", "buffer": data})


def body_of(request: Request) -> dict[str, Any]:
    return dict(request.post_data_json or {})


def count(model: Any, **filters: Any) -> int:
    return aside(lambda: model.objects.filter(**filters).count())


# --- run once ---------------------------------------------------------------------------------------------------


def test_web_05_one_text_is_made_copied_saved_and_rated(chromium: Chromium):
    app = generator()
    with chromium.page(permissions=["clipboard-read", "clipboard-write"]) as page:
        enter(page, app)
        page.get_by_role("button", name="Generate").click()
        assert page.get_by_role("article").count() == 0, "an empty form was sent"
        write_about(page, "kettles")
        first = page.get_by_role("article", name="Text 1")
        expect(page.get_by_role("status")).to_contain_text("The text is ready: I am the built-in demo model")
        expect(first).to_contain_text("You wrote: kettles")

        first.get_by_role("button", name="Copy").click()
        expect(page.get_by_role("status")).to_have_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()").endswith("You wrote: kettles")

        like, dislike = (first.get_by_role("button", name=name) for name in ("Good text", "Bad text"))
        like.click()
        expect(like).to_have_attribute("aria-pressed", "true")
        assert count(Feedback, rating="like", source="user") == 1
        dislike.click()
        expect(dislike).to_have_attribute("aria-pressed", "true")
        expect(like).to_have_attribute("aria-pressed", "false")
        assert count(Feedback, rating="dislike") == 1
        dislike.press("Enter")
        expect(dislike).to_have_attribute("aria-pressed", "false")
        assert count(Feedback) == 0
        expect(dislike).to_be_focused()

        first.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_have_text("Saved.")
        assert count(SavedMessage) == 1

        write_about(page, "toasters")
        expect(page.get_by_role("article", name="Text 2")).to_contain_text("You wrote: toasters")
        expect(first).to_contain_text("You wrote: kettles")
        assert page.get_by_role("article").evaluate_all("all => all.map(one => one.ariaLabel)") == ["Text 2", "Text 1"]
        page.get_by_role("button", name="Clear").click()
        expect(page.get_by_label("Topic")).to_have_value("")
        expect(page.get_by_label("Words")).to_have_value("50")


def test_web_05_a_growing_text_can_be_stopped(chromium: Chromium, upstream):
    app = upstream_generator(upstream, "gen-400-50")
    with chromium.page() as page:
        enter(page, app)
        write_about(page, "everything")
        text = page.get_by_role("article", name="Text 1")
        expect(text.locator(".md")).to_contain_text("tok2")
        expect(page.get_by_role("status")).to_have_text("The text is being written.")
        text.get_by_role("button", name="Stop").click()
        expect(page.get_by_role("status")).to_have_text("The text was stopped.")
        expect(text).to_contain_text("Stopped")
        expect(page.get_by_role("button", name="Generate")).to_be_enabled()
        assert count(Message, status="stopped") == 1

        write_about(page, "again, by the form's own button")
        expect(page.get_by_role("article", name="Text 2").locator(".md")).to_contain_text("tok1")
        page.locator(".gen-form").get_by_role("button", name="Stop").click()
        expect(page.get_by_role("button", name="Generate")).to_be_visible()


def test_web_05_a_failure_is_told_where_it_happened(chromium: Chromium, upstream):
    app = upstream_generator(upstream, "fail-401")
    with chromium.page() as page:
        enter(page, app)
        write_about(page, "kettles")
        expect(page.get_by_role("article", name="Text 1").get_by_role("alert")).not_to_be_empty()
        expect(page.get_by_role("button", name="Generate")).to_be_enabled()


def test_web_05_what_a_model_writes_is_never_more_than_text(chromium: Chromium, upstream):
    app = upstream_generator(upstream, "echo", user_input_form=[{"paragraph": {"variable": "topic", "label": "Topic"}}])
    with chromium.page() as page:
        enter(page, app)
        write_about(
            page, "<img src=x onerror=alert(1)> **bold** ![x](http://127.0.0.1:9/leak.png) [a](javascript:alert(2))"
        )
        text = page.get_by_role("article", name="Text 1")
        expect(text.get_by_role("button", name="Copy")).to_be_visible()
        expect(text.locator("strong")).to_have_text("bold")
        assert text.locator(".md img, .md script").count() == 0
        assert text.locator(".md a").evaluate_all("links => links.map(link => link.protocol)") == ["http:"]


def test_web_08_more_like_this(chromium: Chromium):
    app = generator()
    with chromium.page() as page:
        enter(page, app)
        write_about(page, "kettles")
        page.get_by_role("button", name="More like this").click()
        other = page.get_by_role("article", name="Like “Text 1”")
        expect(other).to_contain_text("You wrote: kettles")
        other.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_have_text("Saved.")
        first, second = aside(lambda: list(Message.objects.order_by("created_at")))
        assert second.parent_message_id == first.pk
        assert count(SavedMessage, message_id=second.pk) == 1


def test_web_08_is_not_offered_where_it_is_off(chromium: Chromium):
    app = generator(more_like_this={"enabled": False})
    with chromium.page() as page:
        enter(page, app)
        write_about(page, "kettles")
        expect(page.get_by_role("button", name="Save")).to_be_visible()
        expect(page.get_by_role("button", name="More like this")).to_have_count(0)


def test_web_05_a_link_fills_the_form_and_names_the_visitor(chromium: Chromium):
    app = generator()
    packed = quote(b64encode(gzip.compress("暖かい kettles".encode())).decode())
    with chromium.page() as page:
        enter(page, app, f"?topic={packed}&tone=warm&words=120&unknown=1&sys.user_id=ada")
        expect(page.get_by_label("Topic")).to_have_value("暖かい kettles")
        expect(page.get_by_label("Tone")).to_have_value("warm")
        expect(page.get_by_label("Words")).to_have_value("120")
        page.get_by_role("button", name="Generate").click()
        expect(page.get_by_role("article", name="Text 1")).to_contain_text("You wrote: 暖かい kettles")
        assert aside(EndUser.objects.get).session_id == "ada"


PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415478da63f8cfc000000301010018dd8db0"
    "0000000049454e44ae426082"
)


def test_web_05_pictures_are_sent_where_the_app_sees(chromium: Chromium):
    image = {"enabled": True, "number_limits": 2, "transfer_methods": ["local_file"]}
    app = generator(file_upload={"image": image})
    with chromium.page() as page:
        enter(page, app)
        field = page.locator("#panel-once input[type=file]")
        field.set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": PICTURE})
        expect(page.get_by_role("button", name="Remove a.png")).to_be_visible()
        field.set_input_files({"name": "b.svg", "mimeType": "image/svg+xml", "buffer": b"<svg/>"})
        expect(page.get_by_role("list", name="Pictures to send").locator("[aria-busy=false]")).to_have_count(1)
        expect(page.get_by_role("alert")).to_contain_text("b.svg is not a PNG")
        with page.expect_request("**/api/completion-messages") as sent:
            write_about(page, "this picture")
        files = body_of(sent.value)["files"]
        assert [(file["type"], file["transfer_method"]) for file in files] == [("image", "local_file")]
        expect(page.get_by_role("button", name="Copy")).to_be_visible()


# --- saved ------------------------------------------------------------------------------------------------------


def test_web_07_saved_texts_are_listed_page_by_page_and_removed(chromium: Chromium):
    app = generator()
    with chromium.page() as page:
        enter(page, app, "#saved")
        expect(page.get_by_text("Nothing saved yet")).to_be_visible()
        page.get_by_role("tab", name="Run once").click()
        write_about(page, "kettles")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_have_text("Saved.")
        aside(lambda: keep_copies(22))
        page.reload()
        page.get_by_role("tab", name="Saved").click()
        cards = page.get_by_role("article")
        expect(cards).to_have_count(20)
        expect(cards.first).to_contain_text("kettles")
        page.get_by_role("button", name="Show more").click()
        expect(cards).to_have_count(23)
        expect(page.get_by_role("button", name="Show more")).to_be_hidden()
        cards.first.get_by_role("button", name="Remove").click()
        expect(cards).to_have_count(22)
        expect(cards.first.get_by_role("button", name="Copy")).to_be_focused()
        assert count(SavedMessage) == 22
    with chromium.page() as stranger:
        enter(stranger, app, "#saved")
        expect(stranger.get_by_text("Nothing saved yet")).to_be_visible()


def keep_copies(number: int) -> None:
    """Saves copies of the only message for its visitor."""
    saved = SavedMessage.objects.get()
    message = saved.message
    for _ in range(number):
        message.pk, message.task_id = new_id(), new_id()
        message.save(force_insert=True)
        SavedMessage.objects.create(
            workspace_id=saved.workspace_id, app_id=saved.app_id, message_id=message.pk, end_user_id=saved.end_user_id
        )


# --- the page as a whole ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("look", [{}, PHONE, DARK], ids=["desktop", "phone", "dark"])
def test_every_tab_is_clean_for_assistive_technology(chromium: Chromium, look: dict[str, Any]):
    app = generator()
    with chromium.page(**look) as page:
        enter(page, app)
        assert violations(page) == []
        write_about(page, "kettles")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_have_text("Saved.")
        assert violations(page) == []
        page.get_by_role("tab", name="Run batch").click()
        choose(page, "topic,tone\n,dry\nkettle,x,x,x,x\n")
        expect(page.get_by_role("alert").filter(has_text="Row 2")).to_be_visible()
        assert violations(page) == []
        choose(page, "topic\nkettle\nmug\n")
        page.get_by_role("button", name="Run 2 rows").click()
        expect(page.get_by_role("status")).to_have_text("2 of 2 rows done")
        page.locator(".gen-row summary").first.click()
        assert violations(page) == []
        page.get_by_role("tab", name="Saved").click()
        expect(page.get_by_role("button", name="Remove")).to_be_visible()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= screen.width")


def test_the_keyboard_reaches_everything(chromium: Chromium):
    app = generator()
    with chromium.page() as page:
        enter(page, app)
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        once, batch, saved = (page.get_by_role("tab", name=name) for name in ("Run once", "Run batch", "Saved"))
        expect(once).to_be_focused()
        page.keyboard.press("ArrowRight")
        expect(batch).to_be_focused()
        expect(page.get_by_role("tabpanel", name="Run batch")).to_be_visible()
        page.keyboard.press("End")
        expect(saved).to_have_attribute("aria-selected", "true")
        page.keyboard.press("ArrowRight")
        expect(once).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.type("kettles")
        page.keyboard.press("Enter")
        expect(page.get_by_role("article", name="Text 1")).to_contain_text("You wrote: kettles")
