"""What the canvas says of the whole flow: variables, features; a node's menu, and the choice of tools."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from apps.prompts.models import App
from apps.prompts.secret_values import open_secrets
from tests.factories import make_app, make_workspace
from tests.workflows.flows import flow, node
from tests.workflows.test_canvas import owner_of

from .axe import violations
from .conftest import Chromium, aside

pytestmark = pytest.mark.browser
SECRET = {"id": "s", "name": "key", "value_type": "secret", "value": "sesame", "description": "", "kept": 1}
TONE = {"id": "c", "name": "tone", "value_type": "string", "value": "dry", "description": "", "selector": []}


def chatflow() -> App:
    nodes = [
        node("start", "start"),
        node("write", "llm", prompt_template=[{"role": "user", "text": "Be {{#conversation.tone#}}: {{#sys.query#}}"}]),
        node("say", "answer", answer="{{#write.text#}}"),
    ]
    config = flow(nodes, "start -> write", "write -> say")
    for place, one in enumerate(config["graph"]["nodes"]):
        one |= {"type": "custom", "position": {"x": place * 320, "y": 0}}
    more = {"environment_variables": [SECRET], "conversation_variables": [TONE], "features": {"own": {"enabled": True}}}
    return aside(lambda: make_app(make_workspace(), {**config, **more}, mode="advanced-chat", published=False))


def enter(page: Page, app: App) -> None:
    page.goto(f"/apps/{app.pk}/canvas")
    expect(page.locator("#canvas[data-ready]")).to_be_attached()


def cookies(app: App) -> dict[str, str]:
    return {name: morsel.value for name, morsel in aside(lambda: owner_of(app)).cookies.items()}


def saved(app: App, page: Page) -> dict[str, Any]:
    expect(page.locator("#save-state")).to_have_attribute("data-state", "saved")

    def read() -> dict[str, Any]:
        app.refresh_from_db()
        assert app.draft is not None
        return dict(open_secrets(app.workspace, app.draft.config))

    return aside(read)


def names(config: dict[str, Any], key: str) -> list[str]:
    return [row["name"] for row in config[key]]


def test_variables_are_added_renamed_and_removed(chromium: Chromium):
    app = chatflow()
    with chromium.page(cookies(app)) as page:
        enter(page, app)
        page.get_by_role("button", name="Variables").click()
        drawer = page.get_by_role("complementary", name="Variables")
        expect(drawer).to_contain_text("Kept secret")
        assert "sesame" not in page.content()
        assert not violations(page)

        drawer.get_by_role("button", name="Add").first.click()
        page.get_by_label("Name").fill("tone")
        page.get_by_role("button", name="Add variable").click()
        expect(page.get_by_role("alert")).to_contain_text("already")
        page.get_by_label("Name").fill("tags")
        page.get_by_label("Type").select_option("array[string]")
        page.get_by_label("Value at the beginning").fill("[1]")
        page.get_by_role("button", name="Add variable").click()
        expect(page.get_by_role("alert")).to_contain_text("must be a list")
        page.get_by_label("Value at the beginning").fill('["a"]')
        page.get_by_role("button", name="Add variable").click()
        expect(drawer).to_contain_text("List of texts")

        drawer.get_by_role("button", name="tone", exact=True).click()
        page.get_by_label("Name").fill("manner")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_role("dialog").last).to_contain_text("tone is used by Write")
        page.get_by_role("button", name="Rename everywhere").click()
        expect(drawer.get_by_role("button", name="manner", exact=True)).to_be_focused()

        drawer.get_by_role("button", name="key", exact=True).click()
        page.get_by_label("Description").fill("For the weather")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(drawer).to_contain_text("For the weather")
        config = saved(app, page)

        drawer.get_by_role("button", name="Remove manner").click()
        expect(page.get_by_role("dialog").last).to_contain_text("manner is used by Write")
        page.get_by_role("button", name="Remove", exact=True).click()
        expect(drawer.get_by_role("button", name="manner", exact=True)).to_be_hidden()
        page.keyboard.press("Escape")
        expect(drawer).to_be_hidden()
        expect(page.get_by_role("button", name="Variables")).to_be_focused()
        assert names(saved(app, page), "conversation_variables") == ["tags"]
    assert names(config, "conversation_variables") == ["manner", "tags"]
    assert config["conversation_variables"][0] == {**TONE, "name": "manner", "selector": ["conversation", "manner"]}
    assert config["conversation_variables"][1]["value"] == ["a"]
    assert config["graph"]["nodes"][1]["data"]["prompt_template"][0]["text"].startswith("Be {{#conversation.manner#}}")
    assert config["environment_variables"][0]["value"] == "sesame"
    assert config["environment_variables"][0]["kept"] == 1


def test_a_secret_is_replaced_and_never_shown(chromium: Chromium):
    app = chatflow()
    with chromium.page(cookies(app)) as page:
        enter(page, app)
        page.get_by_role("button", name="Variables").click()
        page.get_by_role("button", name="Change key").last.click()
        value = page.get_by_label("Value")
        expect(value).to_have_attribute("type", "password")
        expect(value).to_have_value("")
        value.fill("open")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_role("dialog")).to_be_hidden()
        assert saved(app, page)["environment_variables"][0]["value"] == "open"
        page.get_by_role("button", name="Change key").last.click()
        page.get_by_label("Type").select_option("string")
        expect(page.get_by_label("Value")).to_have_value("")


def test_features_of_a_chatflow(chromium: Chromium):
    app = chatflow()
    with chromium.page(cookies(app)) as page:
        enter(page, app)
        page.get_by_role("button", name="Features").click()
        page.get_by_role("switch", name="Opener").check()
        page.get_by_label("What it says first").fill("Hello!")
        page.get_by_role("button", name="Add question").click()
        expect(page.get_by_label("Question 1", exact=True)).to_be_focused()
        page.keyboard.type("Why?")
        page.get_by_role("switch", name="Citations").check()
        page.get_by_role("switch", name="Files").check()
        page.get_by_role("checkbox", name="Documents").check()
        page.get_by_label("Where they come from").select_option("local_file")
        assert not violations(page)
        features = saved(app, page)["features"]
    assert (features["opening_statement"], features["suggested_questions"]) == ("Hello!", ["Why?"])
    assert features["retriever_resource"] == {"enabled": True}
    assert features["own"] == {"enabled": True}
    upload = features["file_upload"]
    assert (upload["allowed_file_types"], upload["allowed_file_upload_methods"]) == (
        ["image", "document"],
        ["local_file"],
    )
    assert upload["image"]["enabled"] is True


def test_a_workflow_has_fewer_of_both(chromium: Chromium):
    config = flow([node("start", "start")])
    app = aside(lambda: make_app(make_workspace(), config, mode="workflow", published=False))
    with chromium.page(cookies(app), viewport={"width": 390, "height": 844}) as page:
        enter(page, app)
        page.get_by_role("button", name="Features").click()
        expect(page.locator(".feature")).to_have_count(1)
        page.get_by_role("button", name="Variables").click()
        expect(page.get_by_role("heading", name="Environment variables")).to_be_visible()
        expect(page.get_by_role("heading", name="Conversation variables")).to_be_hidden()


def open_menu(page: Page, title: str) -> None:
    page.locator(".react-flow__node", has_text=title).first.click()
    page.get_by_role("button", name="More for this node").click()


def test_a_node_becomes_another_kind_and_keeps_its_place(chromium: Chromium):
    app = chatflow()
    with chromium.page(cookies(app)) as page:
        enter(page, app)
        open_menu(page, "Write")
        expect(page.get_by_role("menuitem", name="Change kind")).to_be_visible()
        page.get_by_role("menuitem", name="Change kind").click()
        page.get_by_role("combobox", name="Search nodes").fill("http")
        page.keyboard.press("Enter")
        config = saved(app, page)
        write = config["graph"]["nodes"][1]
        assert (write["id"], write["data"]["type"], write["data"]["title"]) == ("write", "http-request", "Write")
        assert [edge["target"] for edge in config["graph"]["edges"]] == ["write", "say"]

        open_menu(page, "Write")
        page.get_by_role("menuitem", name="Remove").click()
        expect(page.get_by_role("dialog").last).to_contain_text("It is used in Say")
        page.get_by_role("button", name="Remove", exact=True).click()
        expect(page.get_by_text("Write was removed.")).to_be_visible()
        assert [one["id"] for one in saved(app, page)["graph"]["nodes"]] == ["start", "say"]


def test_a_tool_is_chosen_and_filled_in(chromium: Chromium):
    app = chatflow()
    with chromium.page(cookies(app), viewport={"width": 1440, "height": 900}) as page:
        enter(page, app)
        page.locator(".react-flow__node", has_text="Write").first.click()
        page.get_by_role("button", name="Add a node").first.click()
        page.get_by_role("combobox", name="Search nodes").fill("tool")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Choose a tool").click()
        dialog = page.get_by_role("dialog", name="Choose a tool")
        dialog.get_by_role("searchbox").fill("time zone")
        dialog.locator("button.kind").first.click()
        page.get_by_role("textbox", name="Current time", exact=True).fill("{{#sys.query#}}")
        page.get_by_role("textbox", name="Target timezone").fill("Asia/Tokyo")
        page.get_by_role("textbox", name="Target timezone").press("Tab")
        assert not violations(page)
        data = next(one["data"] for one in saved(app, page)["graph"]["nodes"] if one["data"]["type"] == "tool")
    assert (data["provider_id"], data["tool_name"]) == ("time", "timezone_conversion")
    assert data["tool_parameters"]["current_time"]["value"] == ["sys", "query"]
    assert data["tool_configurations"]["target_timezone"] == "Asia/Tokyo"
