"""Knowledge in the console: from a real PDF to a base that is shared, with preview, progress and settings."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from apps.common.perloop import run
from apps.knowledge.models import Dataset, Document
from apps.knowledge.services.indexing import index_pending
from apps.workspaces.models import Workspace
from apps.workspaces.services.members import add_member
from tests.factories import make_app, make_user

from .axe import violations
from .conftest import Chromium, aside
from .test_console import PHONE, owner_with

pytestmark = pytest.mark.browser
PAPER = """<h1>Warranty of pumps</h1><p>Every pump is under warranty for two years from the day of delivery.</p>
<p style="break-before: page">Claims are sent by mail with the serial number and a photograph.</p>"""


def printed(page: Page, folder: Path) -> Path:
    """A PDF as a browser prints it."""
    page.set_content(PAPER)
    file = folder / "warranty.pdf"
    page.pdf(path=file)
    return file


def with_editor(workspace: Workspace) -> Any:
    add_member(workspace=workspace, user=make_user("ada@example.org", name="Ada"), role="editor")
    return make_app(workspace)


def is_sound(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= screen.width")
    assert violations(page, "main") == []


def test_kb_06_13_24_a_base_of_a_real_pdf(chromium: Chromium, tmp_path: Path):
    cookies, _ = owner_with(with_editor)
    with chromium.page(cookies) as page:
        file = printed(page, tmp_path)
        (tmp_path / "odd.xyz").write_text("?")
        page.goto("/knowledge")
        is_sound(page)
        page.get_by_role("link", name="Bring documents").click()
        page.locator("#file").set_input_files([file, tmp_path / "odd.xyz"])
        expect(page.get_by_text("This kind of file cannot be read.")).to_be_visible()
        expect(page.get_by_role("heading", name="1 document picked")).to_be_visible()
        expect(page.locator("#look")).to_contain_text("under warranty for two years")
        is_sound(page)
        page.get_by_role("link", name="Next: cut and index").click()
        expect(page.locator("#preview-segments")).to_have_text("1")
        expect(page.locator("#preview-price")).to_have_text("free")
        page.get_by_label("Custom").check()
        expect(page.locator("#preview-segments")).not_to_have_text("1")  # each line for itself
        page.reload()
        expect(page.get_by_label("Custom")).to_be_checked()
        expect(page.locator("#preview-segments")).not_to_have_text("1")
        is_sound(page)
        page.get_by_role("button", name="Create and index").click()
        expect(page.get_by_role("heading", name="Indexing")).to_be_visible()
        aside(lambda: run(index_pending()))
        expect(page.get_by_role("heading", name="Everything is indexed")).to_be_visible()
        is_sound(page)
        page.get_by_role("textbox", name="Name").fill("Warranties")
        page.get_by_role("button", name="Save name").click()
        expect(page.get_by_role("heading", name="Warranties", level=1)).to_be_visible()
        base = aside(Dataset.objects.get)
        page.goto(f"/knowledge/{base.pk}/settings")
        page.get_by_label("Chosen members").check()
        page.get_by_label(re.compile("Ada")).check()
        is_sound(page)
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_role("status").first).to_have_text("Saved.")
    assert aside(lambda: list(base.members.values_list("user__name", flat=True).order_by("user__name")))[-1] == "Ada"
    assert aside(lambda: Document.objects.get().indexing_status) == "completed"


@pytest.mark.parametrize("options", [{"color_scheme": "dark"}, PHONE], ids=["dark", "phone"])
def test_kb_25_pages_of_a_base_are_for_everybody(chromium: Chromium, options: dict[str, Any]):
    cookies, _ = owner_with(with_editor)
    with chromium.page(cookies, **options) as page:
        page.goto("/knowledge")
        page.get_by_role("link", name="Start empty").click()
        page.get_by_role("dialog").get_by_label("Name").fill("Rules of travel")
        assert violations(page, "dialog") == []
        page.get_by_role("dialog").get_by_role("button", name="Create").click()
        expect(page.get_by_role("heading", name="Rules of travel", level=1)).to_be_visible()
        for origin in ("website", "text"):
            page.goto(f"/knowledge/new?from={origin}")
            is_sound(page)
        page.goto("/knowledge")
        page.get_by_label("More for Rules of travel").click()
        page.get_by_role("link", name="Delete").click()
        page.get_by_role("dialog").get_by_label("Name").fill("Rules of travel")
        page.get_by_role("dialog").get_by_role("button", name="Delete for ever").click()
        expect(page.get_by_role("heading", name="No knowledge yet")).to_be_visible()
    assert not aside(Dataset.objects.exists)
