"""Documents, segments and hit testing as a person uses them."""

import re

import pytest
from playwright.sync_api import Page, expect

from apps.common.perloop import run
from apps.knowledge.choices import IndexingStatus
from apps.knowledge.models import Dataset, Document
from apps.knowledge.services.datasets import create_dataset
from apps.knowledge.services.documents import create_document_from_text
from apps.knowledge.services.indexing import index_document
from apps.workspaces.models import Installation
from tests.factories import make_workspace
from tests.knowledge.test_hierarchical import TWO_PARENTS, rule

from .axe import violations
from .conftest import Chromium, aside
from .test_console import session_of

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


def a_base(*, indexed: bool) -> tuple[dict[str, str], Dataset, Document]:
    """A signed-in owner's cookies, a base and its only document, which has parents and children."""

    def work() -> tuple[dict[str, str], Dataset, Document]:
        Installation.objects.create()
        workspace = make_workspace()
        dataset = create_dataset(workspace=workspace, name="Handbook", indexing_technique="high_quality")
        document = create_document_from_text(
            dataset=dataset, name="stones", text=TWO_PARENTS, process_rule=rule(), doc_form="hierarchical_model"
        )
        if indexed:
            run(index_document(document.pk))
        return session_of(workspace.memberships.get().user), dataset, document

    return aside(work)


def is_sound(page: Page) -> None:
    assert violations(page, "#main") == []
    assert page.evaluate("document.documentElement.scrollWidth <= screen.width")


def confirm(page: Page, action: str) -> None:
    page.get_by_role("dialog").get_by_role("button", name=action).click()


def test_a_document_is_watched_and_steered(chromium: Chromium):
    cookies, dataset, document = a_base(indexed=False)

    def progress(**fields: object) -> None:
        aside(lambda: Document.objects.filter(pk=document.pk).update(**fields))

    progress(indexing_status=IndexingStatus.INDEXING, segment_count=8, lease_until=None, attempt=99)
    with chromium.page(cookies) as page:
        page.goto(f"/knowledge/{dataset.pk}/documents")
        row = page.get_by_role("row", name="stones")
        expect(row).to_contain_text("0 of 8 segments")
        progress(completed_segments=5, waiting_reason="The provider asks to wait.")
        expect(row).to_contain_text("5 of 8 segments")
        expect(row).to_contain_text("The provider asks to wait.")
        is_sound(page)
        row.get_by_role("button", name="Actions on stones").click()
        page.get_by_role("button", name="Pause").click()
        expect(row).to_contain_text("Paused")
        expect(page.get_by_text("Indexing is paused.")).to_be_visible()
        page.get_by_label("Choose stones").check()
        expect(page.get_by_text("1 chosen")).to_be_visible()
        page.get_by_role("group", name="The chosen documents").get_by_role("button", name="Delete").click()
        confirm(page, "Delete")
        expect(page.get_by_text("No documents yet")).to_be_visible()


def test_segments_chunks_a_file_and_a_hit_test(chromium: Chromium):
    cookies, dataset, document = a_base(indexed=True)
    with chromium.page(cookies, color_scheme="dark") as page:
        page.goto(f"/knowledge/{dataset.pk}/documents")
        page.get_by_role("link", name="stones").click()
        is_sound(page)
        page.get_by_label("Edit segment 2").click()
        page.get_by_role("dialog").get_by_label("Keywords").fill("harbour, ice")
        page.get_by_role("dialog").get_by_role("button", name="Save").click()
        expect(page.locator(".segment.is-target")).to_contain_text("edited")
        page.get_by_role("link", name="Add child chunk 2").click()
        page.get_by_role("dialog").get_by_label("Text").fill("Obsidian is volcanic glass.")
        page.get_by_role("dialog").get_by_role("button", name="Save").click()
        expect(page.get_by_text("3 child chunks").last).to_be_visible()
        page.get_by_role("link", name="From a CSV file").click()
        file = {"name": "a.csv", "mimeType": "text/csv", "buffer": b"content,keywords\n,rock\n"}
        page.get_by_label("CSV file").set_input_files(file)  # type: ignore[arg-type]  # Playwright's own shape
        page.get_by_role("dialog").get_by_role("button", name="Save").click()
        expect(page.get_by_role("dialog")).to_contain_text("Line 2")
        chromium.complaints.clear()  # the browser itself reports the 422
        page.keyboard.press("Escape")
        page.get_by_role("link", name="Hit testing").click()
        page.wait_for_load_state()  # the key combination is a script's
        page.get_by_role("textbox", name="Question").fill("volcanic glass")
        page.keyboard.press("Control+Enter")
        first = page.locator(".hit").first
        expect(first).to_contain_text("stones")
        first.locator("summary").click()
        expect(first).to_contain_text("Obsidian is volcanic glass.")
        expect(page.get_by_role("button", name="volcanic glass")).to_be_visible()
        page.get_by_text("Search settings of this test").click()
        is_sound(page)
        first.get_by_role("link", name=re.compile("Open segment")).click()
        expect(page.locator(".segment.is-target")).to_be_focused()


def test_on_a_phone(chromium: Chromium):
    cookies, dataset, document = a_base(indexed=True)
    with chromium.page(cookies, **PHONE) as page:
        for path in ("documents", f"documents/{document.pk}", "hit-testing"):
            page.goto(f"/knowledge/{dataset.pk}/{path}")
            is_sound(page)
