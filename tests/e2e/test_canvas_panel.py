"""The settings of nodes on the canvas: what is chosen, written and switched is in the draft as files have it."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from apps.prompts.models import App
from tests.factories import make_app, make_workspace
from tests.workflows.flows import flow, node
from tests.workflows.test_canvas import owner_of

from .axe import violations
from .conftest import Chromium, aside

pytestmark = pytest.mark.browser
WIDE: dict[str, Any] = {"viewport": {"width": 1440, "height": 1000}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DARK: dict[str, Any] = {**WIDE, "color_scheme": "dark"}
TOPIC = {"variable": "topic", "label": "Topic", "type": "text-input", "required": True, "max_length": 40}
SENTENCE = {"role": "user", "text": "Write of {{#start.topic#}}."}
DEMO = {"provider": "demo", "name": "demo-chat", "mode": "chat", "completion_params": {}}


def workflow(*more: dict[str, Any], ways: tuple[str, ...] = ()) -> App:
    nodes = [
        node("start", "start", variables=[TOPIC]),
        node("write", "llm", prompt_template=[SENTENCE], model=DEMO),
        node("end", "end", outputs=[{"variable": "text", "value_selector": ["write", "text"]}]),
        *more,
    ]
    config = flow(nodes, "start -> write", "write -> end", *ways)
    for place, one in enumerate(config["graph"]["nodes"]):
        one |= {"type": "custom", "position": {"x": place % 3 * 320, "y": place // 3 * 200}}
    return aside(lambda: make_app(make_workspace(), config, mode="workflow", published=False))


def cookies(app: App) -> dict[str, str]:
    return {name: morsel.value for name, morsel in aside(lambda: owner_of(app)).cookies.items()}


def enter(page: Page, app: App) -> None:
    page.goto(f"/apps/{app.pk}/canvas")
    expect(page.locator("#canvas[data-ready]")).to_be_attached()


def open_node(page: Page, id: str) -> Locator:
    page.locator(f".react-flow__node[data-id='{id}']").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".node-form > *").first).to_be_visible()
    return page.locator("#dock")


def config_of(app: App, page: Page) -> dict[str, Any]:
    expect(page.locator("#save-state")).to_have_attribute("data-state", "saved")

    def read() -> dict[str, Any]:
        app.refresh_from_db()
        assert app.draft is not None
        return dict(app.draft.config)

    return aside(read)


def data_of(app: App, page: Page, id: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one["data"] for one in config_of(app, page)["graph"]["nodes"] if one["id"] == id)
    return found


def pick(page: Page, words: str) -> None:
    """Chooses in the open sheet of variables, by keyboard."""
    search = page.get_by_role("combobox", name="Search variables")
    expect(search).to_be_focused()
    search.fill(words)
    page.keyboard.press("Enter")
    expect(search).to_be_hidden()


def write(page: Page, box: Locator, text: str, option: str) -> None:
    """Types in an editor, and takes the variable that is offered."""
    box.click()
    page.keyboard.press("Control+End")
    page.keyboard.type(text, delay=15)
    expect(page.get_by_role("option", name=option)).to_be_visible()
    page.wait_for_timeout(100)  # the editor takes no key for an answer to what it has shown for less than 75 ms
    page.keyboard.press("Enter")


def test_wf_02_names_are_told_apart_and_shown_wherever_the_node_is_named(chromium: Chromium):
    app = workflow()
    with chromium.page(cookies(app), **WIDE) as page:
        enter(page, app)
        dock = open_node(page, "write")
        name = dock.get_by_label("Name of the node")
        name.fill("Start")
        expect(dock.get_by_role("status").filter(has_text="Another node is called Start")).to_be_visible()
        name.fill("Essay")
        dock.get_by_label("What it is for").fill("Says it all")
        dock = open_node(page, "end")
        expect(dock.get_by_role("button", name="Variable 1: Essay, text")).to_be_visible()
        data = data_of(app, page, "write")
        assert (data["title"], data["desc"]) == ("Essay", "Says it all")


def test_cards_follow_the_names_of_others(chromium: Chromium):
    look_up = node("find", "knowledge-retrieval", query_variable_selector=["write", "text"], dataset_ids=[])
    app = workflow(look_up, ways=("write -> find",))
    with chromium.page(cookies(app), **WIDE) as page:
        enter(page, app)
        card = page.locator(".react-flow__node[data-id='find']")
        expect(card).to_contain_text("Write · text")
        open_node(page, "write").get_by_label("Name of the node").fill("Essay")
        expect(card).to_contain_text("Essay · text")


def test_wf_06_variables_are_chosen_by_keyboard_and_are_chips_in_texts(chromium: Chromium):
    app = workflow()
    with chromium.page(cookies(app), **WIDE) as page:
        enter(page, app)
        dock = open_node(page, "write")
        box = dock.get_by_role("textbox", name="Text 1")
        expect(box.locator(".text-chip")).to_have_text("Start · topic")
        write(page, box, " Sign as /user", "System · user_id")
        expect(box.locator(".text-chip").last).to_have_text("System · user_id")
        dock.get_by_role("button", name="Put a variable into Text").click()
        pick(page, "start top")
        expect(box.locator(".text-chip")).to_have_count(3)
        prompt = data_of(app, page, "write")["prompt_template"][0]
        assert prompt == {**SENTENCE, "text": f"{SENTENCE['text']} Sign as {{{{#sys.user_id#}}}}{{{{#start.topic#}}}}"}

        dock = open_node(page, "end")
        dock.get_by_role("button", name="Variable 1: Write, text").press("Enter")
        pick(page, "topic")
        expect(dock.get_by_role("button", name="Variable 1: Start, topic")).to_be_focused()
        assert data_of(app, page, "end")["outputs"][0]["value_selector"] == ["start", "topic"]


def test_a_reference_that_leads_nowhere_is_shown(chromium: Chromium):
    given = [{"variable": "x", "value_selector": ["end", "y"]}]
    lost = node("lost", "template-transform", template="x", variables=given)
    app = workflow(lost, ways=("start -> lost",))
    with chromium.page(cookies(app), **WIDE) as page:
        enter(page, app)
        dock = open_node(page, "lost")
        expect(dock.locator(".var-button.gone")).to_contain_text("is gone")
        expect(dock.locator(".var-button.gone")).to_have_attribute("title", "End does not come before this node.")
        assert not violations(page, "#dock")


def test_wf_07_conditions_suit_the_type_and_a_case_takes_its_ways_with_it(chromium: Chromium):
    branch = node("branch", "if-else", cases=[{"case_id": "true", "logical_operator": "and", "conditions": []}])
    app = workflow(branch, ways=("start -> branch",))
    with chromium.page(cookies(app), **WIDE) as page:
        enter(page, app)
        dock = open_node(page, "branch")
        dock.get_by_role("button", name="Add condition").click()
        dock.get_by_role("button", name="Variable of condition 1").press("Enter")
        pick(page, "topic")
        operator = dock.get_by_label("Comparison of condition 1")
        expect(operator).to_have_value("contains")
        assert ">" not in operator.locator("option").evaluate_all("options => options.map(({ value }) => value)")
        operator.select_option("start with")
        dock.get_by_role("textbox", name="Value of condition 1").click()
        page.keyboard.type("A")
        dock.get_by_role("button", name="Add a case").click()
        dock.get_by_label("Connect Case 2 to an existing node").select_option("end")
        assert not violations(page, "#dock")
        cases = data_of(app, page, "branch")["cases"]
        last = config_of(app, page)["graph"]["edges"][-1]
        assert (last["source"], last["sourceHandle"], last["target"]) == ("branch", cases[1]["case_id"], "end")
        dock.get_by_role("button", name="Remove case 2").click()
        edges = config_of(app, page)["graph"]["edges"]
        assert not [edge for edge in edges if edge["source"] == "branch"]
    [condition] = cases[0]["conditions"]
    assert (condition["variable_selector"], condition["comparison_operator"]) == (["start", "topic"], "start with")
    assert (condition["value"], condition["varType"]) == ("A", "string")


def test_wf_10_a_request_is_taken_from_a_command(chromium: Chromium):
    app = workflow(node("call", "http-request", method="get", url=""), ways=("start -> call",))
    with chromium.page(cookies(app), **WIDE) as page:
        enter(page, app)
        dock = open_node(page, "call")
        dock.get_by_role("button", name="Import from cURL").click()
        command = page.get_by_label("Command")
        command.fill("wget https://example.org")
        page.get_by_role("button", name="Import", exact=True).click()
        expect(page.get_by_role("alert")).to_contain_text("curl")
        command.fill("curl 'https://example.org/a?x=1' -H 'Authorization: Bearer k' -d '{\"a\": 1}'")
        page.get_by_role("button", name="Import", exact=True).click()
        write(page, dock.get_by_role("textbox", name="Value of parameter 1"), "{topic", "Start · topic")
        dock.get_by_role("button", name="Add header").click()
        page.keyboard.type("X-Own")
        page.keyboard.press("Tab")
        assert not violations(page, "#dock")
        data = data_of(app, page, "call")
    assert (data["method"], data["url"]) == ("post", "https://example.org/a")
    assert data["params"].replace(" ", "") == "x:1{{#start.topic#}}"
    assert "X-Own:" in data["headers"]
    assert data["authorization"]["config"]["api_key"] == "k"
    assert (data["body"]["type"], data["body"]["data"][0]["value"]) == ("json", '{"a": 1}')


def test_wf_09_code_follows_its_language_and_names_its_outputs(chromium: Chromium):
    code = node("code", "code", code_language="python3", code="def main() -> dict:\n    return {}\n", outputs={})
    app = workflow(code, ways=("start -> code",))
    with chromium.page(cookies(app), **WIDE) as page:
        enter(page, app)
        dock = open_node(page, "code")
        dock.get_by_role("button", name="Add output").click()
        page.keyboard.type("words")
        page.keyboard.press("Tab")
        dock.get_by_label("Type of words").select_option("array[string]")
        expect(dock.locator(".brought")).to_contain_text("wordsarray[string]")
        dock.get_by_role("textbox", name="Code").click()
        page.keyboard.press("Control+End")
        page.keyboard.type("# done")
        page.keyboard.press("Escape")
        expect(dock).to_be_visible()
        dock.get_by_label("Language").select_option("javascript")
        expect(dock.get_by_role("textbox", name="Code")).to_contain_text("# done")
        data = data_of(app, page, "code")
    assert data["outputs"] == {"words": {"type": "array[string]", "children": None}}
    assert data["code_language"] == "javascript"
    assert data["code"].endswith("# done")


def test_a_renamed_field_is_renamed_where_it_is_used(chromium: Chromium):
    app = workflow()
    with chromium.page(cookies(app), **WIDE) as page:
        enter(page, app)
        dock = open_node(page, "start")
        dock.get_by_label("Name", exact=True).fill("subject")
        page.keyboard.press("Tab")
        expect(page.get_by_role("dialog").last).to_contain_text("Write")
        page.get_by_role("dialog").last.get_by_role("button", name="Rename").click()
        dock.get_by_label("Type").select_option("select")
        dock.get_by_role("button", name="Add option").click()
        page.keyboard.type("Tea")
        data = data_of(app, page, "start")["variables"][0]
        prompt = data_of(app, page, "write")["prompt_template"][0]["text"]
    assert (data["variable"], data["type"], data["options"]) == ("subject", "select", ["Tea"])
    assert prompt == "Write of {{#start.subject#}}."


def test_wf_18_failures_are_handled_by_a_way_of_their_own(chromium: Chromium):
    app = workflow()
    with chromium.page(cookies(app), **WIDE) as page:
        enter(page, app)
        dock = open_node(page, "write")
        dock.get_by_text("When it fails", exact=True).click()
        dock.get_by_role("switch", name="Try again").check()
        dock.get_by_label("At most so many times").fill("5")
        dock.get_by_label("If it still fails").select_option("fail-branch")
        expect(dock.locator(".brought")).to_contain_text("error_message")
        dock.get_by_label("Connect When it fails to an existing node").select_option("end")
        data, edges = data_of(app, page, "write"), config_of(app, page)["graph"]["edges"]
        assert data["retry_config"] == {"retry_enabled": True, "max_retries": 5, "retry_interval": 1000}
        assert edges[-1]["sourceHandle"] == "fail-branch"
        dock.get_by_label("If it still fails").select_option("default-value")
        dock.get_by_label("text (string)").fill("Nothing came.")
        data, edges = data_of(app, page, "write"), config_of(app, page)["graph"]["edges"]
    assert {"key": "text", "type": "string", "value": "Nothing came."} in data["default_value"]
    assert {edge["sourceHandle"] for edge in edges} == {"source"}


def test_a_json_that_cannot_be_read_is_not_stored(chromium: Chromium):
    app = workflow()
    with chromium.page(cookies(app), **WIDE) as page:
        enter(page, app)
        dock = open_node(page, "write")
        dock.get_by_role("switch", name="Answer as an object").check()
        dock.get_by_role("textbox", name="Shape of the object").click()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text("[1")
        expect(dock.get_by_text("Not stored yet")).to_be_visible()
        before = data_of(app, page, "write").get("structured_output", {}).get("schema", {})
        page.keyboard.press("Control+a")
        page.keyboard.insert_text('{"type": "object"}')
        expect(dock.get_by_text("Not stored yet")).to_be_hidden()
        data = data_of(app, page, "write")
    assert before == {}
    assert data["structured_output_enabled"] is True
    assert data["structured_output"]["schema"] == {"type": "object"}


def test_the_model_and_its_parameters(chromium: Chromium):
    app = workflow()
    with chromium.page(cookies(app), **WIDE) as page:
        enter(page, app)
        dock = open_node(page, "write")
        dock.locator("[data-key=model]").press("Enter")
        page.get_by_role("dialog", name="Model", exact=True).get_by_role("switch", name="Set Max tokens").check()
        assert not violations(page, ".model-sheet:popover-open")
        page.keyboard.press("Escape")
        expect(dock.locator("[data-key=model]")).to_be_focused()
        assert data_of(app, page, "write")["model"]["completion_params"]["max_tokens"] > 0


@pytest.mark.parametrize("look", [DARK, PHONE], ids=["dark", "phone"])
def test_every_form_can_be_read(chromium: Chromium, look):
    kinds = ["http-request", "code", "if-else", "iteration", "list-operator", "parameter-extractor", "tool"]
    more = [node(kind.replace("-", "_"), kind) for kind in kinds]
    app = workflow(*more, ways=tuple(f"start -> {one['id']}" for one in more))
    before = aside(lambda: app.draft.config if app.draft else None)
    with chromium.page(cookies(app), **look) as page:
        enter(page, app)
        page.get_by_role("button", name="Board").click()  # small screens begin with the list
        for id in ["start", "write", "end", *(one["id"] for one in more)]:
            open_node(page, id)
            body = page.locator(".dock-body")
            assert body.evaluate("body => body.scrollWidth <= body.clientWidth"), id
            assert not violations(page, "#dock"), id
            page.keyboard.press("Escape")
            expect(page.locator("#dock")).to_be_hidden()
        assert config_of(app, page) == before
