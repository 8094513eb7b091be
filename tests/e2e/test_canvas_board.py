"""Drawing a flow: keys, copies, changes, the list, notes, two windows; files that are opened stay as they were."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from playwright.sync_api import Locator, Page, expect

from apps.prompts.models import App
from apps.workspaces.models import Workspace
from tests.factories import make_app
from tests.workflows.flows import flow, node

from .axe import violations
from .conftest import Chromium, aside
from .test_console import PHONE, owner_with
from .test_orchestrate import config_of

pytestmark = pytest.mark.browser
FILES: Final = Path(__file__).parent.parent / "workflows/files"
DESKTOP: Final[dict[str, Any]] = {"viewport": {"width": 1440, "height": 900}}
ASK = node("ask", "if-else", title="Ask", cases=[{"case_id": "true", "conditions": []}])
SIMPLE = flow(
    [
        node("begin", "start", title="Begin", variables=[]),
        ASK,
        node("say", "template-transform", title="Say", template="{{ a }}", variables=[]),
        node("end", "end", title="End", outputs=[{"variable": "text", "value_selector": ["say", "output"]}]),
    ],
    "begin -> ask",
    "ask:true -> say",
    "say -> end",
)
ROUNDS = flow(
    [
        node("begin", "start", title="Begin", variables=[]),
        {**node("each", "iteration", title="Each", start_node_id="first"), "position": {"x": 320, "y": 0}},
        {**node("first", "iteration-start", title="", inside="each"), "position": {"x": 24, "y": 84}},
        {**node("in", "code", title="Inside", inside="each", outputs={}), "position": {"x": 120, "y": 80}},
    ],
    "begin -> each",
    "first -> in",
)


def drawn(config: dict[str, Any]) -> Callable[[Workspace], App]:
    return lambda workspace: make_app(workspace, config, mode="workflow", published=False)


def enter(page: Page, app: App, *, as_list: bool = False) -> None:
    page.goto(f"/apps/{app.pk}/canvas")
    expect(page.locator("#canvas[data-ready]")).to_be_visible()
    if not as_list:
        expect(page.locator(".react-flow__node").first).to_be_visible()


def card(page: Page, title: str) -> Locator:
    return page.locator(".react-flow__node").filter(has=page.get_by_text(title, exact=True))


def cards(page: Page, count: int) -> None:
    expect(page.locator(".react-flow__node")).to_have_count(count)


def delete_used(page: Page, by: str) -> None:
    """Whose variables others use goes after a question that names them."""
    page.keyboard.press("Delete")
    expect(page.get_by_role("dialog").last).to_contain_text(f"It is used in {by}.")
    page.keyboard.press("Enter")


def saved(page: Page) -> None:
    expect(page.locator("#save-state")).to_have_attribute("data-state", "saved")


def changed(page: Page, action: Callable[[], object]) -> None:
    """Does something that changes the draft, and waits until it is stored."""
    with page.expect_response(lambda answer: "draft" in answer.url and answer.request.method == "POST" and answer.ok):
        action()
    saved(page)


def titles(app: App) -> list[str]:
    config = aside(lambda: config_of(app))
    return [one["data"].get("title", "") for one in config["graph"]["nodes"]]


def test_a_flow_is_drawn_by_keys_alone(chromium: Chromium):
    cookies, app = owner_with(drawn(SIMPLE))
    with chromium.page(cookies, **DESKTOP) as page:
        enter(page, app)
        page.keyboard.press("n")
        page.keyboard.type("if")
        expect(page.get_by_role("option").first).to_contain_text("If, else")
        assert violations(page) == []
        page.keyboard.press("Enter")
        cards(page, 5)
        page.keyboard.press("Escape")
        card(page, "Say").focus()
        page.keyboard.press("Control+c")
        page.keyboard.press("Control+v")
        expect(card(page, "Say 2")).to_be_visible()
        page.keyboard.press("Control+d")
        expect(card(page, "Say 3")).to_be_visible()
        page.keyboard.press("Delete")
        expect(card(page, "Say 3")).to_have_count(0)
        page.keyboard.press("Control+z")
        expect(card(page, "Say 3")).to_have_count(1)
        page.keyboard.press("Control+Shift+z")
        expect(card(page, "Say 3")).to_have_count(0)
        page.keyboard.press("Control+a")
        toolbar = page.get_by_role("toolbar", name="Selected nodes")
        expect(toolbar).to_contain_text("6 selected")
        assert violations(page) == []
        page.keyboard.press("Escape")
        expect(toolbar).to_be_hidden()
        page.keyboard.press("Control+s")
        saved(page)
        changed(page, lambda: page.keyboard.press("Control+o"))
        card(page, "Ask").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#dock")).to_be_visible()
        page.keyboard.press("n")  # typed into the dock's field, no command
        expect(page.locator(".picker")).to_be_hidden()
    nodes = aside(lambda: config_of(app))["graph"]["nodes"]
    assert len({(one["position"]["x"], one["position"]["y"]) for one in nodes}) == 6


def test_the_keys_are_listed(chromium: Chromium):
    cookies, app = owner_with(drawn(SIMPLE))
    with chromium.page(cookies, **DESKTOP) as page:
        enter(page, app)
        page.keyboard.press("?")
        dialog = page.get_by_role("dialog", name="Keys")
        expect(dialog).to_contain_text("Duplicate")
        assert violations(page) == []
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)


def test_nodes_are_cut_here_and_put_in_there(chromium: Chromium):
    apps: list[App] = []

    def two(workspace: Workspace) -> App:
        apps.extend(drawn(config)(workspace) for config in (SIMPLE, ROUNDS))
        return apps[0]

    cookies, source = owner_with(two)
    target = apps[1]
    with chromium.page(cookies, **DESKTOP) as page:
        enter(page, source)
        page.keyboard.press("Control+a")
        expect(page.get_by_role("toolbar", name="Selected nodes")).to_be_visible()
        page.keyboard.press("Control+c")
        other = page.context.new_page()
        other.set_viewport_size(DESKTOP["viewport"])
        enter(other, target)
        other.locator(".react-flow__pane").click(position={"x": 600, "y": 600})
        changed(other, lambda: other.keyboard.press("Control+v"))
        expect(other.locator(".toast")).to_contain_text("Left out")
    graph = aside(lambda: config_of(target))["graph"]
    by_title = {one["data"]["title"]: one for one in graph["nodes"] if one["data"]["title"]}
    assert set(by_title) == {"Begin", "Each", "Inside", "Ask", "Say", "End"}
    say, end = by_title["Say"], by_title["End"]
    assert say["id"] != "say"
    assert end["data"]["outputs"][0]["value_selector"] == [say["id"], "output"]
    assert [say["id"], end["id"]] in [[edge["source"], edge["target"]] for edge in graph["edges"]]


def test_changes_are_listed_and_gone_back_to(chromium: Chromium):
    cookies, app = owner_with(drawn(SIMPLE))
    with chromium.page(cookies, **DESKTOP) as page:
        enter(page, app)
        card(page, "Say").focus()
        delete_used(page, by="End")
        cards(page, 3)
        card(page, "Ask").focus()
        page.keyboard.press("Delete")
        cards(page, 2)
        page.get_by_role("button", name="Changes").press("Enter")
        sheet = page.get_by_role("dialog", name="Changes")
        expect(sheet.get_by_role("button")).to_have_text(
            ["Ask removednow", "Say removed1 back", "As it was opened2 back"]
        )
        sheet.get_by_role("button", name="As it was opened").press("Enter")
        cards(page, 4)
        expect(sheet.locator("[aria-current]")).to_be_focused()
        sheet.get_by_role("button", name="Say removed").press("Enter")
        cards(page, 3)
        assert violations(page) == []
        page.keyboard.press("Escape")
        saved(page)


def test_the_checklist_leads_to_the_node(chromium: Chromium):
    cookies, app = owner_with(drawn(SIMPLE))
    with chromium.page(cookies, **DESKTOP) as page:
        enter(page, app)
        page.keyboard.press("n")
        page.keyboard.type("template")
        changed(page, lambda: page.keyboard.press("Enter"))
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Checklist").press("Enter")
        sheet = page.get_by_role("dialog", name="Checklist")
        assert violations(page) == []
        sheet.get_by_role("button", name="nothing leads to it").press("Enter")
        expect(page.locator("#dock")).to_be_visible()
        expect(page.locator(".react-flow__node.selected")).to_have_count(1)


def test_the_list_does_what_the_board_does(chromium: Chromium):
    cookies, app = owner_with(drawn(SIMPLE))
    with chromium.page(cookies, **PHONE) as page:
        enter(page, app, as_list=True)
        flow_list = page.get_by_role("region", name="The flow as a list")
        expect(flow_list.locator(".list-open")).to_have_count(4)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert violations(page) == []
        flow_list.get_by_role("button", name="Add a node after Ask: Else").press("Enter")
        page.keyboard.type("code")
        page.keyboard.press("Enter")
        expect(page.locator("#dock")).to_be_visible()
        page.keyboard.press("Escape")
        flow_list.get_by_role("button", name="Choose what follows Code", exact=True).press("Enter")
        dialog = page.get_by_role("dialog", name="What follows Code")
        expect(dialog.get_by_role("checkbox", name="Ask")).to_be_disabled()
        assert violations(page) == []
        dialog.get_by_role("checkbox", name="End").press("Space")
        dialog.get_by_role("button", name="Done").press("Enter")
        expect(flow_list.get_by_role("button", name="goes on at End")).to_have_count(2)
        flow_list.locator(".list-open[data-node=begin]").focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        expect(flow_list.locator(".list-open[data-node=say]")).to_be_focused()
        changed(page, lambda: delete_used(page, by="End"))
        expect(flow_list.locator(".list-open")).to_have_count(4)
        page.locator("#views [data-view=board]").tap()
        expect(card(page, "Begin")).to_be_in_viewport()
    assert titles(app) == ["Begin", "Ask", "End", "Code"]


def test_a_note_is_written_and_coloured(chromium: Chromium):
    cookies, app = owner_with(drawn(SIMPLE))
    with chromium.page(cookies, **DESKTOP, color_scheme="dark") as page:
        enter(page, app)
        page.locator(".react-flow__pane").click(button="right", position={"x": 300, "y": 600})
        page.keyboard.type("note")
        page.keyboard.press("Enter")
        page.keyboard.type("Read me\nfirst")
        page.get_by_role("radio", name="Green").check()
        expect(page.locator(".note")).to_have_text("Read me\nfirst")
        assert violations(page) == []
        saved(page)
    note = aside(lambda: config_of(app))["graph"]["nodes"][-1]
    assert (note["type"], note["data"]["type"], note["data"]["theme"]) == ("custom-note", "", "green")


def test_what_is_dragged_inside_stays_inside_and_goes_with_it(chromium: Chromium):
    cookies, app = owner_with(drawn(ROUNDS))
    with chromium.page(cookies, **DESKTOP) as page:
        enter(page, app)
        box = card(page, "Inside").locator(".node-head").bounding_box()
        assert box
        x, y = box["x"] + 30, box["y"] + 12

        def drag(by: tuple[int, int], at: tuple[float, float]) -> None:
            page.mouse.move(*at)
            page.mouse.down()
            page.mouse.move(at[0] + by[0] / 2, at[1] + by[1] / 2, steps=4)
            page.mouse.move(at[0] + by[0], at[1] + by[1], steps=4)
            page.mouse.up()

        changed(page, lambda: drag((-400, -300), (x, y)))
        inner = inner_of(app)
        assert inner["in"]["position"] == {"x": 12, "y": 52}
        box = card(page, "Inside").locator(".node-head").bounding_box()
        assert box
        changed(page, lambda: drag((420, 240), (box["x"] + 30, box["y"] + 12)))
        inner = inner_of(app)
        assert inner["each"]["width"] > 420
        assert inner["each"]["height"] > 200
        assert inner["each"]["position"] == {"x": 320, "y": 0}
        card(page, "Each").focus()
        page.keyboard.press("Delete")
        expect(page.locator(".toast")).to_contain_text("Each was removed with all that stood inside it.")
        cards(page, 1)


def inner_of(app: App) -> dict[str, Any]:
    return {one["id"]: one for one in aside(lambda: config_of(app))["graph"]["nodes"]}


def handle(page: Page, title: str, kind: str = "source") -> tuple[float, float]:
    box = card(page, title).locator(f".react-flow__handle.{kind}").first.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def head(page: Page, title: str) -> tuple[float, float]:
    box = card(page, title).locator(".node-title").bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def draw(page: Page, start: tuple[float, float], to: tuple[float, float]) -> None:
    """A connection from a handle to a point of the window, not let go yet."""
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*to, steps=8)


def test_a_connection_is_let_go_on_the_board_or_on_a_node(chromium: Chromium):
    cookies, app = owner_with(drawn(SIMPLE))
    with chromium.page(cookies, **DESKTOP) as page:
        enter(page, app)
        draw(page, handle(page, "Ask"), (700, 760))
        takes = {title: card(page, title).get_attribute("data-takes") for title in ("Begin", "Ask", "Say", "End")}
        assert takes == {"Begin": "no", "Ask": "from", "Say": "no", "End": "yes"}
        page.mouse.up()
        expect(page.get_by_role("dialog", name="Add a node")).to_be_visible()
        expect(page.locator("[data-takes]")).to_have_count(0)
        page.keyboard.type("code")
        page.keyboard.press("Enter")
        expect(page.locator("#dock")).to_be_visible()
        box = card(page, "Code").bounding_box()
        assert box
        assert abs(box["x"] - 700) < 20, box
        assert abs(box["y"] - 760) < 20, box
        page.keyboard.press("Escape")
        expect(page.locator("#dock")).to_be_hidden()
        draw(page, handle(page, "Code"), head(page, "End"))
        changed(page, page.mouse.up)
        draw(page, handle(page, "Code"), head(page, "Begin"))
        page.mouse.up()
        expect(page.locator(".toast").last).to_contain_text("Begin is where the flow begins.")
        draw(page, handle(page, "Say", "target"), head(page, "Ask"))
        page.mouse.up()
        expect(page.locator(".toast").last).to_contain_text("several ways out")
        expect(page.get_by_role("dialog", name="Add a node")).to_be_hidden()
    graph = aside(lambda: config_of(app))["graph"]
    code = next(one["id"] for one in graph["nodes"] if one["data"]["title"] == "Code")
    ways = [(edge["source"], edge["sourceHandle"], edge["target"]) for edge in graph["edges"]]
    assert ways[-2:] == [("ask", "true", code), (code, "source", "end")]


def test_a_connection_let_go_in_a_container_stays_inside(chromium: Chromium):
    cookies, app = owner_with(drawn(ROUNDS))
    with chromium.page(cookies, **DESKTOP) as page:
        enter(page, app)
        x, y = handle(page, "Inside")
        draw(page, (x, y), (x + 30, y + 70))
        page.mouse.up()
        expect(page.get_by_role("dialog", name="Add a node")).to_be_visible()
        page.keyboard.type("template")
        changed(page, lambda: page.keyboard.press("Enter"))
    nodes = inner_of(app)
    made = next(one for one in nodes.values() if one["data"]["title"] == "Template")
    assert (made["parentId"], made["data"]["iteration_id"]) == ("each", "each")
    assert made["position"]["x"] > 350
    assert nodes["each"]["width"] >= made["position"]["x"] + 232


def test_arrows_move_the_node_that_has_the_focus(chromium: Chromium):
    cookies, app = owner_with(drawn(ROUNDS))
    with chromium.page(cookies, **DESKTOP) as page:
        enter(page, app)
        card(page, "Each").focus()
        changed(page, lambda: page.keyboard.press("ArrowDown"))
    assert inner_of(app)["each"]["position"]["y"] > 0


def test_the_undo_of_a_removal_undoes_nothing_else(chromium: Chromium):
    cookies, app = owner_with(drawn(SIMPLE))
    with chromium.page(cookies, **DESKTOP) as page:
        enter(page, app)
        card(page, "Ask").focus()
        page.keyboard.press("Delete")
        cards(page, 3)
        card(page, "Say").focus()
        page.keyboard.press("Control+d")
        cards(page, 4)
        page.locator(".toast").filter(has_text="Ask was removed").get_by_role("button", name="Undo").click()
        expect(page.locator(".toast").last).to_contain_text("Other things were changed since")
        cards(page, 4)


def test_an_older_copy_does_not_stand_in_for_other_text(chromium: Chromium):
    cookies, app = owner_with(drawn(SIMPLE))
    with chromium.page(cookies, **DESKTOP) as page:
        enter(page, app)
        card(page, "Say").focus()
        page.keyboard.press("Control+c")
        page.get_by_role("button", name="Add", exact=True).click()
        page.keyboard.type("words")
        page.keyboard.press("Control+a")
        page.keyboard.press("Control+c")
        page.keyboard.press("Escape")  # empties the search
        page.keyboard.press("Escape")
        expect(page.locator(".picker")).to_be_hidden()
        card(page, "Say").focus()
        page.keyboard.press("Control+v")
        page.wait_for_timeout(300)
        cards(page, 4)


def test_two_windows_and_nothing_is_lost(chromium: Chromium):
    cookies, app = owner_with(drawn(SIMPLE))
    with chromium.page(cookies, **DESKTOP) as page:
        enter(page, app)
        other = page.context.new_page()
        enter(other, app)
        card(other, "Say").focus()
        changed(other, lambda: delete_used(other, by="End"))
        card(page, "Ask").focus()
        page.keyboard.press("Delete")
        page.get_by_role("button", name="Load it").press("Enter")
        expect(card(page, "Say")).to_have_count(0)
        expect(card(page, "Ask")).to_have_count(1)
        changed(page, lambda: page.keyboard.press("Control+z"))
        expect(card(page, "Say")).to_have_count(1)
        expect(card(page, "Ask")).to_have_count(0)
        chromium.complaints.clear()  # the browser itself reports the 409
    assert titles(app) == ["Begin", "Say", "End"]


@pytest.mark.parametrize("name", ["iteration_before_versions", "loop_0_3_1", "parallel_0_1_2"])
def test_a_file_that_is_opened_moved_and_undone_is_as_it_was(chromium: Chromium, name: str):
    config = yaml.safe_load((FILES / f"{name}.yml").read_text())["workflow"]
    cookies, app = owner_with(drawn(config))
    before = aside(lambda: config_of(app))
    with chromium.page(cookies, **DESKTOP) as page:
        enter(page, app)
        page.locator(".react-flow__node").first.click()
        page.keyboard.press("Escape")
        page.locator(".react-flow__node").first.focus()
        page.keyboard.press("Control+a")
        changed(page, lambda: page.keyboard.press("ArrowRight"))
        changed(page, lambda: page.keyboard.press("Control+z"))
        assert violations(page) == []
    assert aside(lambda: config_of(app)) == before
