"""The public chat page, as somebody with nothing but its link uses it."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from apps.common import notify
from apps.common.ids import new_id
from apps.logs.models import Conversation, Message
from apps.prompts.models import App, Site
from apps.prompts.runtime import APP_TOPIC
from tests.factories import make_workspace

from .axe import violations
from .chat_page import DESKTOP, FORM, PHONE, TABLET, act, answer, ask, box, chat_app, ended, enter, rows, talks
from .conftest import Chromium, aside
from .test_console import handbook_app

pytestmark = pytest.mark.browser
LONG = "Please explain to me in detail what the travel rules say about hotels, flights and receipts"


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


# Room depends on the device, contrast on the scheme, and neither on both.
@pytest.mark.parametrize(
    ("scheme", "device"), [("light", DESKTOP), ("dark", TABLET), ("dark", PHONE)], ids=["desktop", "tablet", "phone"]
)
def test_web_02_every_state_fits_and_is_accessible(chromium: Chromium, device: dict[str, Any], scheme: str):
    config = {"user_input_form": FORM, "opening_statement": "Hello **{{name}}**", "suggested_questions": ["Why?"]}
    app = chat_app(config, title="Travel desk", chat_color_theme="#e0b000", custom_disclaimer="Answers may be wrong.")

    def fits(page: Page) -> None:
        assert page.evaluate("document.documentElement.scrollWidth <= screen.width")
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
        assert page.evaluate("document.documentElement.scrollWidth <= screen.width")


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
