"""The public pages of workflows and chatflows, as somebody with nothing but their link uses them."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from apps.logs.models import HumanForm
from apps.prompts.models import App
from apps.prompts.services.sites import update_site
from tests.factories import make_app, make_workspace
from tests.workflows.flows import flow, node
from tests.workflows.test_forms import APPROVAL, ended

from .axe import violations
from .conftest import Chromium, aside

pytestmark = pytest.mark.browser
TOPIC = {"variable": "topic", "label": "Topic", "type": "text-input", "required": True, "max_length": 40}
DEMO = {"provider": "demo", "name": "demo-chat", "mode": "chat", "completion_params": {}}
GREET = {"prompt_template": [{"role": "user", "text": "{{#start.topic#}}"}], "model": DEMO}
CLOSED_DOOR = {"method": "get", "url": "http://127.0.0.1:9/"}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DARK: dict[str, Any] = {"color_scheme": "dark"}


def made(graph: dict[str, Any], mode: str) -> App:
    return aside(lambda: make_app(make_workspace(), graph, mode=mode))


def workflow(type: str = "llm", **greet: Any) -> App:
    nodes = [
        node("start", "start", variables=[TOPIC]),
        node("greet", type, **greet or GREET),
        node("end", "end", outputs=[{"variable": "text", "value_selector": ["greet", "text"]}]),
    ]
    return made(flow(nodes, "start -> greet", "greet -> end"), "workflow")


def enter(page: Page, app: App) -> None:
    page.goto(f"/workflow/{app.site_code}")
    expect(page.get_by_role("tab", selected=True)).to_be_visible()


def run(page: Page, app: App) -> Locator:
    """Fills in the form and runs the workflow; returns its result."""
    enter(page, app)
    page.get_by_label("Topic").fill("kettles")
    page.get_by_role("button", name="Run", exact=True).click()
    return page.get_by_role("article", name="Result 1")


def test_wf_32_a_workflow_is_run_on_its_page(chromium: Chromium):
    app = workflow()
    with chromium.page() as page:
        result = run(page, app)
        expect(result.locator(".md")).to_contain_text("You wrote: kettles")
        result.get_by_text("3 steps").click()
        expect(result.get_by_role("listitem").filter(has_text="Greet")).to_contain_text("Done")
        assert result.get_by_role("button", name="Save").count() == 0
        assert not violations(page)


def test_a_workflow_that_fails_says_so_and_shows_where(chromium: Chromium):
    app = workflow("http-request", **CLOSED_DOOR)
    with chromium.page() as page:
        result = run(page, app)
        expect(result.get_by_role("alert")).to_be_visible()
        result.get_by_text("2 steps").click()
        expect(result.get_by_role("listitem").filter(has_text="Greet")).to_contain_text("Failed")


def test_the_owner_may_hide_the_steps(chromium: Chromium):
    app = workflow()
    aside(lambda: update_site(app=app, show_workflow_steps=False))
    with chromium.page() as page:
        result = run(page, app)
        expect(result.locator(".md")).to_contain_text("You wrote: kettles")
        expect(result.get_by_text("3 steps")).to_be_hidden()


@pytest.mark.parametrize("look", [PHONE, DARK], ids=["phone", "dark"])
def test_the_page_of_a_workflow_fits(chromium: Chromium, look):
    app = workflow()
    with chromium.page(**look) as page:
        result = run(page, app)
        result.get_by_text("3 steps").click()
        expect(result.get_by_role("listitem")).to_have_count(3)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert not violations(page)


def test_wf_32_a_batch_of_a_workflow(chromium: Chromium):
    app = workflow()
    with chromium.page() as page:
        enter(page, app)
        page.get_by_role("tab", name="Run batch").click()
        page.locator("#batch-file").set_input_files(
            {"name": "a.csv", "mimeType": "text/csv", "buffer": b"topic\ntea\nmilk\n"}
        )
        page.get_by_role("button", name="Run 2 rows").click()
        expect(page.get_by_role("tabpanel").get_by_text("2 of 2 rows done")).to_be_visible()
        expect(page.get_by_text("You wrote: tea")).to_be_visible()


@pytest.mark.parametrize("address", ["chat", "chatbot"])
def test_emb_03_a_chatflow_is_talked_to_on_its_page_and_in_a_frame(chromium: Chromium, address):
    nodes = [node("start", "start"), node("answer", "answer", title="Say", answer="You asked: {{#sys.query#}}")]
    app = made(flow(nodes, "start -> answer"), "advanced-chat")
    with chromium.page() as page:
        page.goto(f"/{address}/{app.site_code}")
        page.get_by_role("textbox").fill("Why?")
        page.keyboard.press("Enter")
        answer = page.get_by_role("article", name="Answer")
        expect(answer.locator(".md")).to_have_text("You asked: Why?")
        answer.get_by_text("2 steps").click()
        expect(answer.get_by_role("listitem").filter(has_text="Say")).to_contain_text("Done")
        assert not violations(page)


def test_a_run_waits_for_a_form_and_goes_on_when_it_is_filled_in(chromium: Chromium):
    app = made(APPROVAL, "workflow")
    with chromium.page() as page:
        enter(page, app)
        page.get_by_label("x").fill("the **letter**")
        page.get_by_role("button", name="Run", exact=True).click()
        result = page.get_by_role("article", name="Result 1")
        expect(result.get_by_text("waits for a person")).to_be_visible()
        page.goto(f"/form/{aside(lambda: HumanForm.objects.get().token)}")
        expect(page.locator("strong")).to_have_text("letter")
        page.get_by_label("note").fill("fine")
        page.get_by_label("size").select_option("M")
        page.get_by_role("button", name="Yes").click()
        expect(page.get_by_role("heading", name="Filled in")).to_be_visible()
    assert aside(lambda: ended().outputs) == {"good": "Publish the **letter**? fine"}
