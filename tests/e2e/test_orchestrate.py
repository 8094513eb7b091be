"""Writing an app: what is typed, chosen and switched is there after the page was loaded again."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from apps.knowledge.services.datasets import create_dataset
from apps.prompts.models import App
from apps.workspaces.models import Workspace
from tests.factories import make_app, make_provider
from tests.waiting import eventually

from .axe import violations
from .conftest import Chromium, aside
from .test_console import PHONE, owner_with

pytestmark = pytest.mark.browser
CONFIG = {
    "pre_prompt": "",
    "user_input_form": [{"paragraph": {"variable": "city", "label": "City", "required": False}}],
}


def guide(workspace: Workspace) -> App:
    make_provider(workspace, "http://127.0.0.1:9", "quick-model", "slow-model")
    create_dataset(workspace=workspace, name="Travel rules", indexing_technique="economy")
    return make_app(workspace, CONFIG)


def config_of(app: App) -> dict[str, Any]:
    config: dict[str, Any] = App.objects.values_list("draft__config", flat=True).get(pk=app.pk)
    return config


def saved(page: Page) -> None:
    expect(page.locator("#save-state")).to_have_text("Saved")


def test_an_app_is_written_and_everything_is_there_again(chromium: Chromium):
    cookies, app = owner_with(guide)
    with chromium.page(cookies, viewport={"width": 1440, "height": 900}) as page:
        page.goto(f"/apps/{app.pk}/orchestrate")
        prompt = page.get_by_role("textbox", name="Instructions")
        prompt.click()
        page.keyboard.type("You show guests {ci", delay=15)
        expect(page.get_by_role("option", name="city")).to_be_visible()
        page.wait_for_timeout(100)  # the editor takes no key for an answer to what it has shown for less than 75 ms
        page.keyboard.press("Enter")
        expect(prompt).to_contain_text("You show guests {{city}}")
        page.keyboard.type(" for {{days}} days.")
        page.keyboard.press("Escape")
        expect(page.locator(".prompt-chip.unknown")).to_have_text("{{days}}")
        page.get_by_role("button", name="Add days to the form").press("Enter")
        expect(page.locator(".prompt-chip.unknown")).to_have_count(0)
        page.get_by_role("button", name="Edit days").press("Enter")
        dialog = page.get_by_role("dialog", name="Variable days")
        dialog.get_by_label("Type").select_option("number")
        dialog.get_by_label("Label in the form").fill("How many days")
        dialog.get_by_role("button", name="Save").press("Enter")
        page.get_by_role("button", name="Move days up").press("Enter")
        expect(page.locator("#variables tbody tr").first).to_contain_text("How many days")

        page.get_by_role("button", name="Add knowledge").press("Enter")
        page.get_by_role("searchbox", name="Search knowledge").fill("rules")
        page.get_by_role("checkbox", name="Travel rules").check()
        page.get_by_role("button", name="Use these").click()
        expect(page.locator(".base-card")).to_contain_text("Travel rules")
        page.get_by_role("button", name="Search settings").click()
        page.get_by_role("spinbutton", name="Most passages").fill("4")
        page.get_by_role("button", name="Done").click()

        page.locator("#model-button").press("Enter")
        page.get_by_role("searchbox", name="Search models").fill("quick")
        page.locator("#model-sheet").get_by_role("button", name="quick-model").click()
        page.get_by_role("button", name="Precise").press("Enter")
        page.get_by_role("slider", name="Temperature").press("ArrowRight")
        assert violations(page) == []
        page.keyboard.press("Escape")
        page.get_by_role("switch", name="Opener").press("Space")
        page.get_by_label("What it says first").fill("Where to, {{city}}?")
        page.get_by_role("switch", name="Follow-up questions").press("Space")
        saved(page)
        assert violations(page) == []

        page.reload()
        expect(page.get_by_role("textbox", name="Instructions")).to_have_text(
            "You show guests {{city}} for {{days}} days."
        )
        expect(page.locator("#model-button")).to_contain_text("quick-model")
        expect(page.locator(".base-card")).to_contain_text("Travel rules")
        expect(page.get_by_label("What it says first")).to_have_value("Where to, {{city}}?")
        page.get_by_label("What it says first").fill("Where to?")
        page.goto(f"/apps/{app.pk}")  # at once: what was written last is sent on the way out

        aside(lambda: eventually(lambda: config_of(app)["opening_statement"] == "Where to?"))
    config = aside(lambda: config_of(app))
    assert [next(iter(entry)) for entry in config["user_input_form"]] == ["number", "paragraph"]
    assert config["dataset_configs"]["top_k"] == 4
    assert config["model"]["completion_params"]["temperature"] == pytest.approx(0.2)
    assert config["suggested_questions_after_answer"] == {"enabled": True}


def test_expert_mode_a_design_and_two_windows(chromium: Chromium):
    cookies, app = owner_with(make_app)
    with chromium.page(cookies, **PHONE) as page:
        page.goto(f"/apps/{app.pk}/orchestrate")
        assert page.evaluate("document.documentElement.scrollWidth <= screen.width")
        page.get_by_role("button", name="Automatic").tap()
        page.get_by_label("What shall the app do?").fill("Writes a poem about a given topic")
        page.get_by_role("button", name="Propose").tap()
        page.get_by_role("button", name="Take it over").tap()
        expect(page.get_by_role("textbox", name="Instructions")).to_contain_text("Writes a poem")
        page.locator(".toast").get_by_role("button", name="Undo").tap()
        expect(page.get_by_role("textbox", name="Instructions")).to_have_text("Be brief.")

        page.get_by_role("button", name="Expert mode").tap()
        page.get_by_role("button", name="Switch to expert mode").tap()
        expect(page.get_by_role("textbox", name="Text of message 1")).to_have_text("Be brief.")
        page.get_by_role("button", name="Add message").tap()
        page.keyboard.type("Here I am.")
        page.get_by_role("button", name="Move message 2 up").tap()
        expect(page.get_by_role("textbox", name="Text of message 1")).to_have_text("Here I am.")
        saved(page)
        assert violations(page) == []
        page.get_by_role("button", name="Try", exact=True).tap()
        expect(page.get_by_role("button", name="Automatic")).to_be_hidden()
        page.get_by_role("button", name="Build", exact=True).tap()

        other = page.context.new_page()
        other.goto(f"/apps/{app.pk}/orchestrate")
        other.get_by_role("textbox", name="Text of message 1").fill("Of the other window.")
        saved(other)
        page.get_by_role("textbox", name="Text of message 1").fill("Of this window.")
        page.get_by_role("button", name="Keep mine").tap()
        saved(page)
        chromium.complaints.clear()  # the browser itself reports the 409
    config = aside(lambda: config_of(app))
    assert config["chat_prompt_config"]["prompt"][0]["text"] == "Of this window."
