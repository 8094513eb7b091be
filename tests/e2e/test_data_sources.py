"""The page of data sources, in light and dark, on a desk and on a phone."""

from typing import Any

import pytest
from playwright.sync_api import expect

from apps.knowledge.models import SourceConnection
from apps.prompts.models import App
from apps.workspaces.models import Workspace
from tests.factories import make_app

from .axe import violations
from .conftest import Chromium, aside
from .test_console import PHONE, owner_with

pytestmark = pytest.mark.browser
NAME = "Notes of a team <b>with</b> a name that goes on and on and does not end where the line does"


def with_connections(workspace: Workspace) -> App:
    SourceConnection.objects.create(workspace=workspace, source="notion", account="a", name=NAME)
    SourceConnection.objects.create(workspace=workspace, source="github", account="b", name="acme/wiki")
    return make_app(workspace)


@pytest.mark.parametrize("options", [{}, {"color_scheme": "dark"}, PHONE], ids=["desk", "dark", "phone"])
def test_kb_29_the_page_of_data_sources_is_for_everybody(chromium: Chromium, options: dict[str, Any]):
    cookies, _ = owner_with(with_connections)
    with chromium.page(cookies, **options) as page:
        page.goto("/data-sources")
        expect(page.get_by_text(NAME)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= screen.width")
        assert violations(page, "main") == []


def test_kb_29_connections_are_switched_and_removed(chromium: Chromium):
    cookies, _ = owner_with(with_connections)
    with chromium.page(cookies) as page:
        page.goto("/data-sources")
        page.get_by_role("switch", name="Connection to acme/wiki").press("Space")
        expect(page.get_by_role("switch", name="Connection to acme/wiki")).to_have_attribute("aria-checked", "false")
        page.get_by_role("button", name="Remove acme/wiki").click()
        page.get_by_role("dialog").get_by_role("button", name="Remove").click()
        expect(page.get_by_role("status").first).to_have_text("The connection was removed. Its documents stay.")
        page.get_by_role("button", name="Connect GitHub").click()  # the browser asks for the repository first
        page.get_by_label("Repository").fill("no-repository")
        page.get_by_role("button", name="Connect GitHub").click()
        expect(page.get_by_role("alert").first).to_contain_text("owner/name")
    assert aside(lambda: list(SourceConnection.objects.values_list("name", flat=True))) == [NAME]
