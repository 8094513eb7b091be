"""Trying a flow out on its canvas: runs, steps, last values, earlier runs."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from apps.logs.models import HumanForm, WorkflowRun
from apps.prompts.models import App
from apps.workspaces.models import Workspace
from tests.factories import make_app
from tests.workflows.flows import flow, node
from tests.workflows.test_forms import APPROVAL

from .axe import violations
from .conftest import Chromium, aside
from .test_console import owner_with

pytestmark = pytest.mark.browser
TOPIC = {"variable": "topic", "label": "Topic", "type": "text-input", "required": True, "max_length": 40}
DEMO = {"provider": "demo", "name": "demo-chat", "mode": "chat", "completion_params": {}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DARK: dict[str, Any] = {"color_scheme": "dark"}
LAST_RUN = """async (id) => {
    const [{ dock }, { lastRun }] = await Promise.all([import("@/canvas/dock.js"), import("@/canvas/last-run.js")]);
    dock.open({ key: "test", label: "Node", content: [lastRun(id)] });
}"""
SHOW_VALUE = """async () => {
    const { dock } = await import("@/canvas/dock.js");
    const { valueBlock } = await import("@/canvas/runs/looks.js");
    const rows = Array.from({ length: 150 }, (_, n) => ({ n }));
    const content = [valueBlock("Thing", { rows, name: null }), valueBlock("Long", "x".repeat(30000))];
    dock.open({ key: "test", label: "Node", content });
}"""
# As many events as a long iteration tells, in one go.
FLOOD = """async () => {
    const { current } = await import("@/canvas/runs/current.js");
    const reader = current.watch(null, { stop() {} });
    const each = { id: "r", node_id: "each", node_type: "iteration", title: "Each" };
    let longest = 0;
    new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
    }).observe({ entryTypes: ["longtask"] });
    reader.receive({ event: "iteration_started", data: { ...each, metadata: { iteration_length: 1000 } } });
    for (let index = 0; index < 1000; index += 1) {
        const say = { id: `s${index}`, node_id: "say", node_type: "code", title: "Say", iteration_id: "each" };
        reader.receive({ event: "iteration_next", data: { ...each, index } });
        reader.receive({ event: "node_started", data: say });
        reader.receive({ event: "node_finished", data: { ...say, status: "succeeded", elapsed_time: 0, outputs: {} } });
        if (index % 50 === 0) await new Promise((resolve) => setTimeout(resolve));
    }
    reader.receive({ event: "iteration_completed", data: { ...each, status: "succeeded", elapsed_time: 1 } });
    reader.receive({ event: "workflow_finished", data: { status: "succeeded", outputs: {} } });
    await new Promise((resolve) => setTimeout(resolve, 300));
    return longest;
}"""

# Rounds side by side: a step is placed by the round that began last, and by its own once it ends.
BESIDE = """async () => {
    const { current } = await import("@/canvas/runs/current.js");
    const reader = current.watch(null, { stop() {} });
    const frame = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const each = { id: "r", node_id: "each", node_type: "iteration", title: "Each" };
    const inner = { node_id: "say", node_type: "code", iteration_id: "each" };
    const say = (index) => ({ ...inner, id: `s${index}`, title: `Say ${index}` });
    const press = (name) => document.querySelector(`[aria-label="${name}"]`).click();
    reader.receive({ event: "iteration_started", data: { ...each, metadata: { iteration_length: 2 } } });
    reader.receive({ event: "iteration_next", data: { ...each, index: 0 } });
    reader.receive({ event: "iteration_next", data: { ...each, index: 1 } });
    for (const index of [0, 1]) reader.receive({ event: "node_started", data: say(index) });
    await frame();
    press("Details of Each");
    press("Steps of round 2");
    press("Details of Say 0");
    for (const index of [0, 1]) {
        const done = { status: "succeeded", outputs: { index }, execution_metadata: { iteration_index: index } };
        reader.receive({ event: "node_finished", data: { ...say(index), ...done } });
        await frame();
    }
    press("Steps of round 1");
    const titles = (round) => [...round.querySelectorAll(".trace-title")].map((title) => title.textContent);
    return [...document.querySelectorAll(".trace-rounds > li")].map(titles);
}"""


def greeting() -> dict[str, Any]:
    """start -> each (s -> say) -> write -> end"""
    each = {"iterator_selector": ["env", "words"], "output_selector": ["say", "output"], "start_node_id": "s"}
    nodes = [
        node("start", "start", variables=[TOPIC, {"variable": "more", "label": "More", "type": "json_object"}]),
        node("each", "iteration", **each),
        node("s", "iteration-start", inside="each"),
        node("say", "variable-aggregator", inside="each", variables=[["each", "item"]]),
        node("write", "llm", model=DEMO, prompt_template=[
            {"role": "user", "text": "{{#start.topic#}} {{#each.output#}}"}
        ]),
        node("end", "end", outputs=[{"variable": "text", "value_selector": ["write", "text"]}]),
    ]  # fmt: skip
    words = {"name": "words", "value_type": "array[string]", "value": ["tea", "milk"]}
    ways = ("start -> each", "s -> say", "each -> write", "write -> end")
    return {**flow(nodes, *ways), "environment_variables": [words]}


def drawn(config: dict[str, Any], mode: str = "workflow") -> tuple[dict[str, str], App]:
    def make(workspace: Workspace) -> App:
        return make_app(workspace, config, mode=mode)

    return owner_with(make)


def enter(page: Page, app: App, search: str = "") -> None:
    page.goto(f"/apps/{app.pk}/canvas{search}")
    expect(page.locator("#canvas[data-ready]")).to_be_visible()


def run(page: Page, topic: str = "kettles") -> None:
    """Fills in the form and waits for the result."""
    page.keyboard.press("Alt+r")
    page.get_by_label("Topic").fill(topic)
    page.keyboard.press("Enter")
    expect(page.get_by_role("tabpanel", name="Result").get_by_text("Succeeded")).to_be_visible()


def card(page: Page, name: str) -> Locator:
    return page.locator(".react-flow__node").filter(has_text=name).last


def test_wf_27_a_workflow_is_run_and_its_steps_are_read(chromium: Chromium):
    cookies, app = drawn(greeting())
    with chromium.page(cookies) as page:
        enter(page, app)
        run(page)
        result = page.get_by_role("tabpanel", name="Result")
        expect(result.get_by_text('You wrote: kettles ["tea", "milk"]')).to_be_visible()
        expect(card(page, "Write").locator(".node-mark")).to_contain_text("succeeded")
        assert not violations(page, "#dock")
        page.get_by_role("tab", name="Result").press("ArrowRight")
        steps = page.get_by_role("tabpanel", name="Steps")
        steps.get_by_role("button", name="Details of Each").press("Enter")
        steps.get_by_role("button", name="Steps of round 2").press("Enter")
        steps.get_by_role("button", name="Details of Say").press("Enter")
        expect(steps.locator("pre").filter(has_text='"output": "milk"').last).to_be_visible()
        assert not violations(page, "#dock")
        steps.get_by_role("button", name="Write", exact=True).press("Enter")
        expect(card(page, "Write")).to_be_focused()
        page.reload()
        page.keyboard.press("Alt+r")
        expect(page.get_by_label("Topic")).to_have_value("kettles")


def test_wf_29_an_earlier_run_is_shown_as_it_went(chromium: Chromium):
    cookies, app = drawn(greeting())
    with chromium.page(cookies) as page:
        enter(page, app)
        run(page, "first")
        run_id = aside(lambda: WorkflowRun.objects.get().pk)
        page.goto(f"/apps/{app.pk}/runs/{run_id}")
        page.get_by_role("link", name="Show on the canvas").click()
        banner = page.get_by_text(re.compile("You see the run of .*, of version 1"))
        expect(banner.locator("visible=true")).to_be_visible()
        expect(page.get_by_role("button", name="Details of Write")).to_be_visible()
        expect(card(page, "Write").locator(".node-mark")).to_contain_text("succeeded")
        page.get_by_role("tab", name="History").click()
        chosen = page.get_by_role("tabpanel", name="History").get_by_role("button", pressed=True)
        expect(chosen).to_have_count(1)
        assert not violations(page, "#dock")
        page.get_by_role("button", name="Back to now").locator("visible=true").click()
        expect(page.locator(".node-mark")).to_have_count(0)


def test_a_run_that_fails_leads_to_where_it_failed(chromium: Chromium):
    retry = {"retry_enabled": True, "max_retries": 1, "retry_interval": 100}
    nodes = [
        node("start", "start"),
        node("get", "http-request", method="get", url="http://127.0.0.1:9/", retry_config=retry),
    ]
    cookies, app = drawn(flow(nodes, "start -> get"))
    with chromium.page(cookies) as page:
        enter(page, app)
        page.get_by_role("button", name="Run", exact=True).first.click()
        page.locator(".run-start").press("Enter")
        page.get_by_role("button", name="Go to Get").click()
        expect(card(page, "Get")).to_be_focused()
        expect(card(page, "Get").locator(".node-mark")).to_contain_text("failed")
        page.get_by_role("tab", name="Steps").click()
        expect(page.get_by_text("1 retries")).to_be_visible()


def test_a_chatflow_is_talked_to_beside_its_drawing(chromium: Chromium):
    nodes = [node("start", "start"), node("answer", "answer", title="Say", answer="You asked: {{#sys.query#}}")]
    cookies, app = drawn(flow(nodes, "start -> answer"), "advanced-chat")
    with chromium.page(cookies) as page:
        enter(page, app)
        page.keyboard.press("Alt+r")
        page.get_by_placeholder("Try a question").fill("Why?")
        page.keyboard.press("Enter")
        expect(page.get_by_role("article").get_by_text("You asked: Why?", exact=True)).to_be_visible()
        expect(card(page, "Say").locator(".node-mark")).to_contain_text("succeeded")
        page.get_by_role("tab", name="Steps").click()
        expect(page.get_by_role("button", name="Details of Say")).to_be_visible()
        page.get_by_role("button", name="Values").click()
        page.keyboard.press("Alt+r")
        expect(page.get_by_role("article").get_by_text("You asked: Why?", exact=True)).to_be_visible()
        page.get_by_placeholder("Try a question").fill("And then?")
        page.keyboard.press("Enter")
        expect(page.get_by_role("article").get_by_text("You asked: And then?", exact=True)).to_be_visible()


def test_wf_28_last_values_are_edited_pinned_and_gone_on_from(chromium: Chromium):
    cookies, app = drawn(greeting())
    with chromium.page(cookies) as page:
        enter(page, app)
        run(page)
        page.get_by_role("button", name="Values", exact=True).click()
        page.get_by_role("button", name="Values of Each").click()
        page.get_by_role("button", name="Edit output").click()
        page.get_by_label("output", exact=True).fill("[1")
        page.get_by_role("button", name="Save").click()
        page.get_by_label("output", exact=True).fill('["cocoa"]')
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Edited", exact=True)).to_be_visible()
        expect(page.get_by_role("button", name="Edit output")).to_be_focused()
        page.get_by_role("button", name="Pin what Each brought").press("Enter")
        expect(page.get_by_role("button", name="Let Each run again")).to_be_focused()
        expect(card(page, "Each").get_by_text("Pinned").first).to_be_attached()
        assert not violations(page, "#dock")
        page.get_by_role("button", name="Run from Write").click()
        expect(page.get_by_text('You wrote: kettles ["cocoa"]')).to_be_visible()
        page.get_by_role("button", name="Values", exact=True).click()
        page.get_by_role("button", name="Reset all").click()
        page.get_by_role("dialog").get_by_role("button", name="Reset all").click()
        expect(page.get_by_text("Edited", exact=True)).to_have_count(0)
        page.get_by_role("button", name="Run from Write").click()
        expect(
            page.get_by_role("tabpanel", name="Result").get_by_role("button", name=re.compile("Go to "))
        ).to_be_visible()


def test_wf_28_a_step_runs_alone_with_other_values(chromium: Chromium):
    cookies, app = drawn(greeting())
    with chromium.page(cookies) as page:
        enter(page, app)
        run(page)
        page.evaluate(LAST_RUN, "write")
        expect(page.get_by_text("You wrote: kettles").first).to_be_visible()
        page.get_by_role("button", name="Run this step").press("Enter")
        expect(page.get_by_label("Start · topic")).to_have_value("kettles")
        page.get_by_label("Start · topic").fill("mugs")
        page.get_by_role("form", name="Values for this step").get_by_role("button", name="Run").press("Enter")
        expect(page.get_by_text("You wrote: mugs").first).to_be_visible()
        assert not violations(page, "#dock")
        page.evaluate(LAST_RUN, "say")
        page.get_by_label("Round", exact=True).select_option("Round 1")
        expect(page.locator("pre").filter(has_text='"output": "tea"').last).to_be_visible()


def test_a_run_waits_for_a_person_and_its_end_is_shown(chromium: Chromium):
    cookies, app = drawn(APPROVAL)
    with chromium.page(cookies) as page:
        enter(page, app)
        page.keyboard.press("Alt+r")
        page.get_by_label("x").fill("it")
        page.keyboard.press("Enter")
        page.get_by_role("tab", name="Result").click()
        expect(page.get_by_role("link", name="Open the form")).to_be_visible()
        expect(page.get_by_role("link", name="Open the form")).to_have_attribute(
            "href", f"/form/{aside(lambda: HumanForm.objects.get().token)}"
        )
        expect(card(page, "Ask").locator(".node-mark")).to_contain_text("waits for a person")
        with page.expect_popup() as opened:
            page.get_by_role("link", name="Open the form").click()
        opened.value.get_by_label("size").select_option("M")
        opened.value.get_by_role("button", name="Yes").click()
        expect(opened.value.get_by_role("heading", name="Filled in")).to_be_visible()
        opened.value.close()
        page.bring_to_front()
        expect(page.get_by_role("tabpanel", name="Result").get_by_text("Succeeded")).to_be_visible()


def test_thousands_of_events_do_not_hold_the_page_up(chromium: Chromium):
    cookies, app = drawn(greeting())
    with chromium.page(cookies) as page:
        enter(page, app)
        page.keyboard.press("Alt+r")
        page.get_by_role("tab", name="Steps").click()
        assert page.evaluate(FLOOD) < 1_000
        page.get_by_role("tab", name="Steps").click()
        page.get_by_role("button", name="Details of Each").click()
        rounds = page.locator(".trace-rounds > li")
        expect(rounds).to_have_count(100)
        page.get_by_role("button", name="Show 100 more").click()
        expect(rounds).to_have_count(200)


def test_triggers_say_when_and_where(chromium: Chromium):
    nodes = [
        node("clock", "trigger-schedule", mode="cron", cron_expression="15 9 * * *", timezone="Europe/Berlin"),
        node("hook", "trigger-webhook", method="post"),
        node("end", "end"),
    ]
    cookies, app = drawn(flow(nodes, "clock -> end", "hook -> end"))
    with chromium.page(cookies) as page:
        enter(page, app)
        card(page, "Clock").click()
        expect(page.locator(".times-list time").filter(has_text="9:15")).to_have_count(5)
        card(page, "Hook").click()
        expect(page.get_by_label("Test address", exact=True)).to_have_value(re.compile("/triggers/webhook-debug/"))
        assert not violations(page, "#dock")


def test_a_webhook_is_tested_beside_its_settings(chromium: Chromium):
    body = [{"name": "id", "type": "string", "required": True}]
    nodes = [
        node("hook", "trigger-webhook", method="post", body=body),
        node("end", "end", outputs=[{"variable": "id", "value_selector": ["hook", "id"]}]),
    ]
    cookies, app = drawn(flow(nodes, "hook -> end"))
    with chromium.page(cookies) as page:
        enter(page, app)
        card(page, "Hook").click()
        page.locator("summary").filter(has_text="Send a test").press("Enter")
        form = page.get_by_role("form", name="Send a test")
        expect(form.get_by_label("Body")).to_have_value(re.compile('"id": "text"'))
        form.get_by_label("Body").fill("{}")
        form.get_by_role("button", name="Run the draft with it").press("Enter")
        expect(page.get_by_text("id is missing.")).to_be_visible()
        form.get_by_label("Body").fill('{"id": "seven"}')
        form.get_by_role("button", name="Run the draft with it").press("Enter")
        expect(page.locator("#dock pre").filter(has_text="seven").last).to_be_visible()
        assert not violations(page, "#dock")
        page.locator("#dock").get_by_role("button", name="Show on the canvas").press("Enter")
        expect(card(page, "End").locator(".node-mark")).to_contain_text("succeeded")
        card(page, "Hook").click()
        page.locator("summary").filter(has_text="Send a test").press("Enter")
        expect(form.get_by_label("Body")).to_have_value('{"id": "seven"}')


def test_what_a_trigger_brings_is_asked_for_as_its_settings_are_now(chromium: Chromium):
    body = [{"name": "customer", "type": "string"}]
    nodes = [node("hook", "trigger-webhook", method="post", body=body), node("end", "end")]
    cookies, app = drawn(flow(nodes, "hook -> end"))
    with chromium.page(cookies) as page:
        enter(page, app)
        page.keyboard.press("Alt+r")
        form = page.get_by_role("form", name="Run as if “Hook” had started it")
        expect(form.get_by_label("customer")).to_be_visible()
        card(page, "Hook").click()
        page.locator("#dock").get_by_label("Name", exact=True).fill("order")
        page.keyboard.press("Alt+r")
        expect(form.get_by_label("order")).to_be_visible()
        expect(form.get_by_label("customer")).to_have_count(0)


def test_values_are_read_as_texts_and_as_trees(chromium: Chromium):
    cookies, app = drawn(greeting())
    with chromium.page(cookies) as page:
        enter(page, app)
        run(page, "k" * 40)
        page.evaluate(SHOW_VALUE)
        page.get_by_role("button", name="Thing as a tree").press("Enter")
        page.get_by_role("button", name=re.compile("rows")).press("Enter")
        expect(page.locator(".json-items .json-items > li")).to_have_count(101)
        page.get_by_role("button", name="Show 50 more").press("Enter")
        expect(page.locator(".json-items .json-items > li")).to_have_count(150)
        expect(page.locator(".json-items .json-items > li").nth(100).get_by_role("button")).to_be_focused()
        assert not violations(page, "#dock")
        page.get_by_role("button", name="Thing as a tree").press("Enter")
        expect(page.locator("#dock pre").first).to_contain_text('"rows": [')
        page.get_by_role("button", name=re.compile("Show all 30,000")).press("Enter")
        expect(page.get_by_label("Long", exact=True)).to_be_focused()
        expect(page.get_by_label("Long", exact=True)).to_have_text("x" * 30_000)


def test_steps_of_rounds_side_by_side_stand_in_their_own(chromium: Chromium):
    cookies, app = drawn(greeting())
    with chromium.page(cookies) as page:
        enter(page, app)
        page.keyboard.press("Alt+r")
        page.get_by_role("tab", name="Steps").click()
        assert page.evaluate(BESIDE) == [["Say 0"], ["Say 1"]]
        expect(page.locator("#dock pre").filter(has_text='"index": 0')).to_be_visible()


def test_on_a_phone_the_way_to_a_node_uncovers_it(chromium: Chromium):
    cookies, app = drawn(greeting())
    with chromium.page(cookies, **PHONE) as page:
        enter(page, app)
        run(page)
        page.get_by_role("tab", name="Steps").click()
        page.get_by_role("button", name="Write", exact=True).press("Enter")
        expect(page.locator("#dock")).to_be_hidden()
        expect(page.locator('.list-open[data-node="write"]')).to_be_focused()
        page.keyboard.press("Enter")
        page.get_by_role("tab", name="Last run").click()
        expect(page.locator("#dock pre").filter(has_text="You wrote: kettles").first).to_be_visible()


@pytest.mark.parametrize("look", [PHONE, DARK], ids=["phone", "dark"])
def test_runs_fit(chromium: Chromium, look):
    cookies, app = drawn(greeting())
    with chromium.page(cookies, **look) as page:
        enter(page, app)
        run(page)
        for tab in ("Try", "Result", "Steps", "History"):
            page.get_by_role("tab", name=tab).click()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert not violations(page, "#dock")
        page.get_by_role("button", name="Close").last.click()
        page.get_by_role("button", name="Values", exact=True).click()
        expect(page.get_by_role("button", name="Values of Write")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert not violations(page, "#dock")
