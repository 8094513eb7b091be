"""Trying an app out beside writing it, comparing models, publishing with a note, and the way back."""

import pytest
from playwright.sync_api import Page, expect

from apps.logs.models import Message
from apps.prompts.models import App
from apps.workspaces.models import Workspace
from tests.factories import make_app, make_provider, upstream_config

from .axe import violations
from .conftest import Chromium, aside
from .test_console import PHONE, owner_with

pytestmark = pytest.mark.browser
FORM = [{"text-input": {"variable": "city", "label": "City", "required": True}}]


def written(page: Page, text: str) -> None:
    """Adds a line to the instructions."""
    page.get_by_role("textbox", name="Instructions").click()
    page.keyboard.press("Control+End")
    page.keyboard.press("Enter")
    page.keyboard.insert_text(text)


def publish_menu(page: Page) -> None:
    page.locator("#publish-menu > summary").click()


def test_an_app_is_tried_out_compared_published_and_brought_back(chromium: Chromium, upstream):
    def make(workspace: Workspace) -> App:
        make_provider(workspace, upstream.base_url, "echo", "gen-6-10")
        return make_app(workspace, upstream_config("echo", pre_prompt="Show {{city}}.", user_input_form=FORM))

    cookies, app = owner_with(make)
    with chromium.page(cookies, viewport={"width": 1440, "height": 900}) as page:
        page.goto(f"/apps/{app.pk}/orchestrate")
        debug = page.locator("#debug")
        box = debug.get_by_role("textbox", name="Message")
        expect(debug.get_by_role("button", name="Send")).to_be_enabled()

        # What is tried is what is on the page, though nothing was saved by hand.
        written(page, "Be kind.")
        box.fill("Where to?")
        box.press("Enter")
        assert debug.get_by_role("article", name="Answer").count() == 0, "the empty form was sent"
        debug.get_by_label("City").fill("Oslo")
        box.press("Enter")
        expect(debug.get_by_role("status").last).to_contain_text("Answer:")
        assert violations(page) == []
        debug.get_by_role("button", name="Prompt log").click()
        log = page.get_by_role("dialog", name="Prompt log")
        expect(log).to_contain_text("Show Oslo.")
        expect(log).to_contain_text("Be kind.")
        assert violations(page) == []
        page.keyboard.press("Escape")
        debug.get_by_role("button", name="Good answer").click()
        debug.get_by_role("button", name="New conversation").click()
        expect(debug.get_by_label("City")).to_have_value("Oslo")

        debug.get_by_role("button", name="Compare models").click()
        second = debug.get_by_label("Model 2").get_by_role("combobox")
        second.select_option(label="gen-6-10")
        debug.get_by_label("City").fill("Bergen")
        box.fill("Which one?")
        box.press("Enter")
        expect(debug.get_by_role("article", name="Answer")).to_have_count(2)
        expect(debug.get_by_label("Model 2").locator(".md")).to_contain_text("tok5")
        expect(debug.get_by_label("Model 1").locator(".md")).to_contain_text("Which one?")
        assert violations(page) == []
        debug.get_by_label("Model 2").get_by_role("button", name="Use this model").click()
        expect(page.locator("#model-button")).to_contain_text("gen-6-10")

        publish_menu(page)
        expect(page.locator("#publishing")).to_contain_text("The draft differs")
        page.get_by_label("What is new").fill("Kinder, and quicker")
        assert violations(page) == []
        page.evaluate("document.dispatchEvent(new Event('draft-saved'))")  # the menu comes anew, the note stays
        with page.expect_response("**/publishing"):
            page.evaluate("document.dispatchEvent(new Event('draft-saved'))")
        expect(page.get_by_label("What is new")).to_have_value("Kinder, and quicker")
        page.get_by_role("button", name="Publish the draft").click()
        expect(page.locator("#publishing")).to_contain_text("The draft is the same")
        page.keyboard.press("Escape")

        page.goto(f"/apps/{app.pk}/versions")
        expect(page.locator("tbody tr").first).to_contain_text("Kinder, and quicker")
        assert violations(page) == []
        page.locator("tbody a").first.click()
        page.get_by_label("Compared with").select_option("1")
        page.get_by_role("button", name="Compare").click()
        expect(page.locator("ins").first).to_contain_text("Be kind.")
        expect(page.locator("main")).to_contain_text("gen-6-10")
        assert violations(page) == []
        page.get_by_role("link", name="Back to all versions").click()
        page.get_by_role("button", name="Restore to draft 1").click()
        page.get_by_role("button", name="Restore", exact=True).click()
        expect(page.get_by_role("textbox", name="Instructions")).to_have_text("Show {{city}}.")

        publish_menu(page)
        page.get_by_role("button", name="Restore to published").click()
        page.get_by_role("button", name="Restore", exact=True).click()
        expect(page.get_by_role("textbox", name="Instructions")).to_contain_text("Be kind.")
        expect(page.locator("#model-button")).to_contain_text("gen-6-10")
    kinds = aside(lambda: set(Message.objects.values_list("invoke_from", "model")))
    assert kinds == {("debugger", "echo"), ("debugger", "gen-6-10")}


def test_a_text_generator_is_tried_out_on_a_phone(chromium: Chromium):
    config = {"pre_prompt": "Show {{city}}.", "user_input_form": FORM}
    cookies, app = owner_with(lambda workspace: make_app(workspace, config, mode="completion"))
    with chromium.page(cookies, **PHONE) as page:
        page.goto(f"/apps/{app.pk}/orchestrate")
        page.get_by_role("button", name="Try", exact=True).tap()
        page.locator("#debug").get_by_label("City").fill("Oslo")
        page.get_by_role("button", name="Generate").tap()
        expect(page.get_by_role("article", name="Answer")).to_contain_text("tokens")
        page.get_by_role("button", name="Compare models").tap()
        page.locator("#debug").get_by_label("City").fill("Bergen")
        page.get_by_role("button", name="Generate").tap()
        expect(page.get_by_role("article", name="Answer")).to_have_count(2)
        assert page.evaluate("document.documentElement.scrollWidth <= screen.width")
        publish_menu(page)
        expect(page.get_by_role("link", name="Run app")).to_be_in_viewport()
        assert violations(page) == []
