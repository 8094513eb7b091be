"""Providers, their keys and models, what stands in, budgets: by keyboard, in dialogs, without losing one's place."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.billing.models import Budget
from apps.models.models import FallbackChain, KeyTrouble, ProviderCredential, WorkspaceModel
from apps.models.services.credentials import add_key
from apps.prompts.models import App
from apps.workspaces.models import Installation, Workspace
from tests.factories import make_app, make_provider, make_workspace
from tests.waiting import eventually

from . import test_canvas_panel as canvas
from .axe import violations
from .conftest import Chromium, aside
from .test_console import session_of

T = TypeVar("T")
pytestmark = pytest.mark.browser
OWN = "/settings/models/openai_api_compatible"
DESK = {"viewport": {"width": 1280, "height": 900}}


def signed_in(make: Callable[[Workspace], T]) -> tuple[dict[str, str], T]:
    """An owner's cookies, and what `make` made in the workspace."""

    def work() -> tuple[dict[str, str], T]:
        Installation.objects.create()
        workspace = make_workspace()
        return session_of(workspace.memberships.get().user), make(workspace)

    return aside(work)


def two_models(workspace: Workspace) -> Workspace:
    make_provider(workspace, "http://127.0.0.1:9", "quick-model", "careful-model")
    return workspace


def chain_of(workspace: Workspace) -> list[str]:
    return [row["name"] for row in FallbackChain.objects.get(workspace=workspace, type="llm").chain]


def test_a_provider_is_found_and_opened_by_keyboard(chromium: Chromium):
    cookies, _ = signed_in(two_models)
    with chromium.page(cookies, **DESK) as page:
        page.goto("/settings/models")
        box = page.get_by_role("searchbox", name="Find a provider")
        box.fill("no such thing")
        expect(page.get_by_text("No provider is called so.")).to_be_visible()
        expect(page.get_by_role("heading", name="More providers")).to_be_hidden()
        box.fill("gemini")
        expect(page.locator(".provider-card:visible")).to_have_count(1)
        box.press("ArrowDown")
        expect(page.get_by_role("link", name="Google Gemini")).to_be_focused()
        page.keyboard.press("ArrowUp")
        expect(box).to_be_focused()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Google Gemini")).to_be_visible()


def test_a_second_key_is_added_in_a_dialog_that_says_what_is_wrong(chromium: Chromium, upstream):
    cookies, workspace = signed_in(two_models)
    with chromium.page(cookies, **DESK) as page:
        page.goto(OWN)
        page.get_by_role("link", name="Add a key").press("Enter")
        dialog = page.get_by_role("dialog", name="Add a key")
        dialog.get_by_label("Base URL").fill("http://127.0.0.1:9/v1")
        dialog.get_by_label("Name").fill("Spare")
        assert violations(page, "dialog") == []
        dialog.get_by_role("button", name="Check and save").press("Enter")
        expect(dialog.get_by_role("alert")).to_contain_text("Could not connect")
        dialog.get_by_label("Base URL").fill(upstream.base_url)
        dialog.get_by_role("button", name="Check and save").press("Enter")
        expect(page.get_by_text("accepted the key")).to_be_visible()
        expect(page.locator(".key-row")).to_have_count(2)
        expect(page.locator(".key-row").nth(1)).to_contain_text("Spare")
        page.get_by_role("switch", name="Use Spare").press("Enter")
        expect(page.locator(".key-row").nth(1).get_by_text("Off", exact=True)).to_be_visible()
    assert aside(lambda: ProviderCredential.objects.get(label="Spare").is_enabled) is False
    assert [complaint for complaint in chromium.complaints if "422" not in complaint] == []
    chromium.complaints.clear()  # the browser notes the refused form


def test_a_key_that_rests_says_why_and_until_when(chromium: Chromium):
    def resting(workspace: Workspace) -> Workspace:
        two_models(workspace)
        values = {"base_url": "http://127.0.0.1:9"}
        key = add_key(
            workspace=workspace,
            user=None,
            provider="openai_api_compatible",
            values=values,
            label="Busy",
            check=False,
        )
        KeyTrouble.objects.create(
            credential=key,
            kind="rate_limited",
            message="Too many requests.",
            since=timezone.now(),
            until=timezone.now() + timedelta(minutes=5),
        )
        return workspace

    cookies, _ = signed_in(resting)
    with chromium.page(cookies, **DESK) as page:
        page.goto("/settings/models")
        expect(page.get_by_text("1 key rests")).to_be_visible()
        page.goto(OWN)
        row = page.locator(".key-row", has_text="Busy")
        expect(row.get_by_text("Resting", exact=True)).to_be_visible()
        expect(row).to_contain_text(re.compile(r"Rests until \d\d:\d\d:\d\d: rate limited. Too many requests."))


def test_a_model_is_switched_without_losing_the_place(chromium: Chromium):
    cookies, workspace = signed_in(two_models)
    with chromium.page(cookies, **DESK) as page:
        page.goto(OWN)
        switch = page.get_by_role("switch", name="Use quick-model")
        page.evaluate("document.body.dataset.same = ''")
        switch.press("Enter")
        expect(switch).to_have_attribute("aria-checked", "false")
        expect(switch).to_be_focused()
        expect(page.locator("body[data-same]")).to_be_attached()
    assert aside(lambda: WorkspaceModel.objects.get(name="quick-model").is_enabled) is False


def test_a_price_is_changed_and_taken_back(chromium: Chromium):
    cookies, _ = signed_in(two_models)
    with chromium.page(cookies, **DESK) as page:
        page.goto("/settings/models/openai")
        page.get_by_role("link", name="Change the price of gpt-4o-mini", exact=True).press("Enter")
        dialog = page.get_by_role("dialog", name="Price of gpt-4o-mini")
        dialog.get_by_label("Price of 1,000 prompt tokens").fill("0.123")
        dialog.get_by_role("button", name="Save").press("Enter")
        row = page.get_by_role("row", name=re.compile(r"gpt-4o-mini\b(?!-)"))
        expect(row).to_contain_text("0.123")
        expect(row).to_contain_text("Your price")
        page.get_by_role("link", name="Change the price of gpt-4o-mini", exact=True).press("Enter")
        dialog.get_by_role("button", name="As in the catalogue").press("Enter")
        expect(row).not_to_contain_text("Your price")


def test_what_stands_in_is_arranged_by_keyboard(chromium: Chromium):
    cookies, workspace = signed_in(two_models)
    with chromium.page(cookies, **DESK) as page:
        page.goto("/settings/models")
        page.get_by_role("link", name="Fallback models").press("Enter")
        llm = page.get_by_role("form", name="LLM")
        for name in ("quick-model", "careful-model"):
            llm.get_by_label("Model to add").select_option(label=f"{name} · OpenAI-API-compatible")
            llm.get_by_role("button", name="Add").press("Enter")
            expect(llm.get_by_role("listitem").filter(has_text=name)).to_be_visible()
        llm.get_by_role("button", name="Move careful-model up").press("Enter")
        expect(llm.get_by_role("listitem").first).to_contain_text("careful-model")
        expect(llm.get_by_text("Not saved yet")).to_be_visible()
        assert violations(page) == []
        llm.get_by_role("button", name="Save").press("Enter")
        expect(page.get_by_text("What stands in is saved.")).to_be_visible()
        assert aside(lambda: chain_of(workspace)) == ["careful-model", "quick-model"]
        llm.get_by_role("button", name="Remove careful-model").press("Enter")
        expect(llm.get_by_role("listitem")).to_have_count(1)
        llm.get_by_role("button", name="Save").press("Enter")
        eventually(lambda: aside(lambda: chain_of(workspace)) == ["quick-model"])


def fallbacks_of(app: App) -> Any:
    config = App.objects.values_list("draft__config", flat=True).get(pk=app.pk)
    return config.get("model", {}).get("fallbacks")


def open_fallbacks(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Model:")).click()
    page.get_by_text("If it does not answer").click()


def test_an_app_has_a_list_of_its_own(chromium: Chromium):
    cookies, app = signed_in(lambda workspace: make_app(two_models(workspace)))
    with chromium.page(cookies, **DESK) as page:
        page.goto(f"/apps/{app.pk}/orchestrate")
        open_fallbacks(page)
        sheet = page.get_by_role("dialog", name="Model and its parameters")
        expect(sheet.get_by_text("It is empty: a model that does not answer ends the run.")).to_be_visible()
        sheet.get_by_label("Models that stand in").select_option("own")
        expect(sheet.get_by_text("Nothing stands in.")).to_be_visible()
        for name in ("quick-model", "careful-model"):
            sheet.get_by_label("Add a model").select_option(f"openai_api_compatible {name}")
        sheet.get_by_role("button", name="Move careful-model up").press("Enter")
        expect(page.locator("#save-state")).to_have_text("Saved")
        assert violations(page, "#model-sheet") == []
        own = [{"provider": "openai_api_compatible", "name": name} for name in ("careful-model", "quick-model")]
        eventually(lambda: aside(lambda: fallbacks_of(app)) == own)
        page.reload()
        open_fallbacks(page)
        expect(sheet.get_by_role("listitem").first).to_contain_text("careful-model")
        sheet.get_by_label("Models that stand in").select_option("workspace")
        eventually(lambda: aside(lambda: fallbacks_of(app)) is None)


def test_a_budget_is_set_in_a_dialog_that_asks_for_what_its_scope_needs(chromium: Chromium):
    cookies, app = signed_in(make_app)
    with chromium.page(cookies, **DESK) as page:
        page.goto("/settings/budgets")
        page.get_by_role("link", name="New budget").press("Enter")
        dialog = page.get_by_role("dialog", name="New budget")
        expect(dialog.get_by_label("App", exact=True)).to_be_hidden()
        dialog.get_by_label("Whose spending").select_option("app")
        dialog.get_by_label(re.compile("^App")).select_option(label="Helper")
        expect(dialog.get_by_label(re.compile("^End user"))).to_be_hidden()
        dialog.get_by_label("Limit, USD").fill("5")
        assert violations(page, "dialog") == []
        dialog.get_by_role("button", name="Save").press("Enter")
        expect(page.get_by_role("heading", name="Helper")).to_be_visible()
        expect(page.get_by_text("0.00 of 5.00 USD")).to_be_visible()
        page.get_by_role("link", name="Remove the budget: Helper").press("Enter")
        page.get_by_role("dialog", name="Remove this budget?").get_by_role("button", name="Remove").press("Enter")
        expect(page.get_by_role("heading", name="No budget limits this workspace")).to_be_visible()
    assert aside(lambda: not Budget.objects.exists())


def test_a_node_has_a_list_of_its_own(chromium: Chromium):
    app = canvas.workflow()
    with chromium.page(canvas.cookies(app), **canvas.WIDE) as page:
        canvas.enter(page, app)
        dock = canvas.open_node(page, "write")
        dock.locator("[data-key=model]").press("Enter")
        sheet = page.get_by_role("dialog", name="Model", exact=True)
        sheet.get_by_text("If it does not answer").click()
        sheet.get_by_label("Models that stand in").select_option("own")
        sheet.get_by_label("Add a model").select_option("demo demo-chat")
        expect(sheet.get_by_role("button", name=re.compile("^Remove Demo"))).to_be_visible()
        assert violations(page, ".model-sheet:popover-open") == []
        model = canvas.data_of(app, page, "write")["model"]
        assert model["fallbacks"] == [{"provider": "demo", "name": "demo-chat"}]
        assert model["name"] == "demo-chat"
        sheet.get_by_label("Models that stand in").select_option("workspace")
        assert "fallbacks" not in canvas.data_of(app, page, "write")["model"]
