"""A chatflow with a branch, knowledge and code from nothing: by mouse alone and by keys alone, tried out, published."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from apps.common.perloop import run
from apps.knowledge.services.datasets import create_dataset
from apps.knowledge.services.documents import create_document_from_text
from apps.knowledge.services.indexing import index_pending
from apps.prompts.models import App
from apps.workspaces.models import Workspace
from tests.factories import make_app
from tests.sandbox.conftest import needs_root as needs_root
from tests.workflows.conftest import _code_sandbox as _code_sandbox
from tests.workflows.conftest import code_sandbox as code_sandbox

from .conftest import Chromium, aside
from .test_console import owner_with

pytestmark = pytest.mark.browser
DESK = {"viewport": {"width": 1440, "height": 900}}


def with_knowledge(workspace: Workspace) -> App:
    base = create_dataset(workspace=workspace, name="Tea rules", indexing_technique="economy")
    create_document_from_text(dataset=base, name="Tea", text="Tea is served at four o'clock in the garden.")
    run(index_pending())
    return make_app(workspace)


def card(page: Page, title: str) -> Locator:
    return page.locator(".react-flow__node").filter(has=page.get_by_text(title, exact=True))


def click(page: Page, title: str) -> None:
    """On a card that may lie under the dock, where the browser would scroll and the board would scroll back."""
    page.get_by_role("button", name="Show all").click()
    card(page, title).click()
    expect(page.get_by_label("Name of the node")).to_have_value(title)


def stored(page: Page) -> None:
    expect(page.locator("#save-state")).to_have_attribute("data-state", "saved")


def kind(page: Page, words: str) -> None:
    page.get_by_role("combobox", name="Search nodes").fill(words)
    page.locator("#picker-list [role=option]").first.click()


def variable(page: Page, button: str, words: str) -> None:
    page.locator("#dock").get_by_role("button", name=re.compile(button, re.I)).first.click()
    page.keyboard.type(words)
    page.keyboard.press("Enter")


def begin(page: Page, name: str) -> None:
    page.goto("/apps/new")
    page.locator("select[name=mode]").select_option("advanced-chat")
    page.locator("#id_name").fill(name)
    page.locator("#id_name").press("Enter")
    expect(page.locator("#canvas[data-ready]")).to_be_visible()
    expect(card(page, "Answer")).to_be_visible()


def ask(page: Page, question: str, answer: str) -> None:
    page.get_by_placeholder("Try a question").fill(question)
    page.keyboard.press("Enter")
    expect(page.get_by_role("article", name="Answer").last).to_contain_text(answer)


def test_wf_01_13_by_mouse_from_nothing_to_a_restored_version(chromium: Chromium, code_sandbox):
    cookies, _ = owner_with(with_knowledge)
    with chromium.page(cookies, **DESK) as page:
        begin(page, "By mouse")
        dock = page.locator("#dock")
        page.get_by_role("button", name="Insert a node between Start and LLM").click()
        kind(page, "if")
        dock.get_by_role("button", name="Add condition").click()
        variable(page, "choose a variable", "query")
        dock.locator("select").first.select_option("contains")
        dock.locator(".cm-content").first.click()
        page.keyboard.type("tea")
        stored(page)
        page.get_by_role("button", name="Insert a node between Start and If, else").click()
        kind(page, "knowledge")
        variable(page, "question", "query")
        dock.get_by_role("button", name="Choose knowledge").click()
        page.get_by_role("dialog").last.get_by_role("checkbox").first.check()
        page.get_by_role("button", name="Use these").click()
        expect(dock).to_contain_text("Tea rules")
        stored(page)

        click(page, "If, else")
        expect(dock).to_contain_text("Case 1")
        dock.get_by_role("button", name="Add a node").last.click()
        kind(page, "code")
        expect(page.get_by_label("Name of the node")).to_have_value("Code")
        dock.get_by_role("button", name="Add input").click()
        page.keyboard.type("word")
        variable(page, "choose a variable", "query")
        code = dock.get_by_role("textbox", name="Code")
        code.click()
        page.keyboard.press("Control+a")
        page.keyboard.press("Delete")
        page.keyboard.type("def main(word):")
        page.keyboard.press("Enter")
        page.keyboard.type('return {"result": word.upper()}')
        dock.get_by_role("button", name="Add a node").last.click()
        kind(page, "answer")
        expect(page.get_by_label("Name of the node")).to_have_value("Answer 2")
        stored(page)
        expect(dock.locator(".cm-content").first).to_be_visible()
        dock.locator(".cm-content").first.click()
        page.keyboard.type("Loud: {code", delay=20)
        expect(page.get_by_role("option", name=re.compile("result")).first).to_be_visible()
        page.wait_for_timeout(100)  # the editor takes no key for what it has shown for less than 75 ms
        page.keyboard.press("Enter")
        expect(dock.locator(".cm-content").first).to_contain_text("Code")
        stored(page)

        click(page, "LLM")
        dock.get_by_role("switch", name="Context").check()
        variable(page, "choose a variable", "result")
        expect(dock).to_contain_text("Knowledge retrieval")
        prompt = dock.locator(".cm-content").first
        prompt.click()
        page.keyboard.insert_text("Answer from <context>{{#context#}}</context>")
        stored(page)

        page.locator("#run").click()
        ask(page, "When is tea served?", "four o'clock")
        expect(card(page, "LLM").locator(".node-mark")).to_contain_text("succeeded")
        expect(card(page, "Code").locator(".node-mark")).to_have_count(0)
        ask(page, "hello", "Loud: HELLO")
        page.get_by_role("tab", name="Steps").click()
        expect(page.get_by_role("button", name="Details of Code")).to_be_visible()

        page.locator("#values").click()
        page.get_by_role("button", name="Values of Code").click()
        page.get_by_role("button", name="Edit result").click()
        page.get_by_label("result", exact=True).fill("WHISPERED")
        page.get_by_role("button", name="Save").click()
        page.get_by_role("button", name="Run from Answer 2").click()
        expect(page.get_by_role("tabpanel", name="Result")).to_contain_text("Loud: WHISPERED")

        page.locator("#publish-menu summary").click()
        page.get_by_role("button", name="Publish the draft").click()
        expect(page.locator("#publishing")).to_contain_text("is published")
        page.locator("#publish-menu summary").click()
        click(page, "Answer 2")
        dock.get_by_role("button", name="More for this node").click()
        page.get_by_role("menuitem", name="Remove").click()
        expect(card(page, "Answer 2")).to_have_count(0)
        stored(page)
        page.locator("#publish-menu summary").click()
        page.get_by_role("button", name="Restore to published").click()
        page.get_by_role("dialog").get_by_role("button", name="Restore").click()
        expect(card(page, "Answer 2")).to_be_visible()
    config = aside(lambda: App.objects.get(name="By mouse").draft.config)
    assert {one["data"]["type"] for one in config["graph"]["nodes"]} == {
        "start", "knowledge-retrieval", "if-else", "llm", "code", "answer",
    }  # fmt: skip


def opened(page: Page, title: str, has: str) -> None:
    """By its card; `has` stands in its settings once they are there."""
    card(page, title).press("Enter")
    expect(page.get_by_label("Name of the node")).to_have_value(title)
    expect(page.locator("#dock")).to_contain_text(has)


def pick(page: Page, words: str) -> None:
    """Of the sheet that has just come: what is typed, and Enter."""
    expect(page.get_by_role("combobox").last).to_be_focused()
    page.keyboard.type(words)
    page.keyboard.press("Enter")


def test_wf_01_by_keys_alone_from_nothing_to_a_published_chatflow(chromium: Chromium, code_sandbox):
    cookies, _ = owner_with(with_knowledge)
    with chromium.page(cookies, **DESK) as page:
        begin(page, "By keys")
        dock = page.locator("#dock")
        opened(page, "Start", has="Next step")
        dock.get_by_role("button", name="Remove the connection to LLM").press("Enter")
        dock.get_by_role("button", name="Add a node").press("Enter")
        pick(page, "if")
        expect(page.get_by_label("Name of the node")).to_have_value("If, else")
        dock.get_by_role("button", name="Add condition").press("Enter")
        dock.get_by_role("button", name=re.compile("choose a variable", re.IGNORECASE)).first.press("Enter")
        page.keyboard.type("query")
        page.keyboard.press("Enter")
        dock.locator("select").first.focus()
        page.keyboard.type("contains")
        dock.locator(".cm-content").first.focus()
        page.keyboard.type("tea")
        stored(page)

        dock.get_by_role("button", name="Add a node").first.press("Enter")
        pick(page, "knowledge")
        expect(page.get_by_label("Name of the node")).to_have_value("Knowledge retrieval")
        dock.get_by_role("button", name=re.compile("question", re.IGNORECASE)).first.press("Enter")
        page.keyboard.type("query")
        page.keyboard.press("Enter")
        dock.get_by_role("button", name="Choose knowledge").press("Enter")
        page.get_by_role("dialog").last.get_by_role("checkbox").first.press("Space")
        page.get_by_role("button", name="Use these").press("Enter")
        expect(dock).to_contain_text("Tea rules")
        dock.get_by_role("combobox", name=re.compile("Connect")).focus()
        page.keyboard.type("LLM")
        expect(dock.get_by_role("button", name="Remove the connection to LLM")).to_be_visible()

        opened(page, "LLM", has="Context")
        dock.get_by_role("switch", name="Context").press("Space")
        stored(page)
        dock.get_by_role("button", name=re.compile("choose a variable", re.IGNORECASE)).first.press("Enter")
        expect(page.locator(":popover-open input")).to_be_focused()
        page.keyboard.type("result")
        expect(page.get_by_role("option", name=re.compile("result"))).to_be_visible()
        page.keyboard.press("Enter")
        expect(dock).to_contain_text("Knowledge retrieval")
        dock.locator(".cm-content").first.focus()
        page.keyboard.insert_text("Answer from <context>{{#context#}}</context>")
        stored(page)

        opened(page, "If, else", has="Case 1")
        dock.get_by_role("button", name="Add a node").last.press("Enter")
        pick(page, "code")
        expect(page.get_by_label("Name of the node")).to_have_value("Code")
        expect(dock).to_contain_text("Next step")
        dock.get_by_role("button", name="Add a node").press("Enter")
        pick(page, "answer")
        expect(page.get_by_label("Name of the node")).to_have_value("Answer 2")
        dock.locator(".cm-content").first.focus()
        page.keyboard.type("Not about tea.")
        stored(page)

        page.keyboard.press("Escape")
        page.keyboard.press("Alt+r")
        ask(page, "When is tea served?", "four o'clock")
        ask(page, "hello", "Not about tea.")
        page.locator("#publish-menu summary").press("Enter")
        page.get_by_role("button", name="Publish the draft").press("Enter")
        expect(page.locator("#publishing")).to_contain_text("is published")
