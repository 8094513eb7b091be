"""Adding documents: what is picked, previewed with its price, kept over a reload, added, and watched."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.common.perloop import run
from apps.files.models import UploadFile
from apps.knowledge.models import Crawl, CrawledPage, Dataset, Document
from apps.knowledge.services.connections import connect
from apps.knowledge.services.crawling import crawl_pending
from apps.knowledge.services.indexing import index_pending
from apps.knowledge.services.sync import sync_due
from tests.fakes.notion import SECRET, block, page
from tests.knowledge.console import HTMX, browser_of, handbook, member, owner_of, process, text_of
from tests.knowledge.test_crawl import Site
from tests.knowledge.test_notion import notion  # noqa: F401 - a fixture


@pytest.fixture
def browser(workspace) -> Client:
    return browser_of(owner_of(workspace))


def pick(browser: Client, file=None, base: str = ""):
    return browser.post(f"/knowledge/new/files{base}", {"file": file or handbook()}, headers=HTMX)


def test_kb_06_from_a_file_to_a_base(workspace, browser):
    assert "handbook.pdf" in text_of(pick(browser))
    answer = browser.post("/knowledge/new/process", process())
    base = Dataset.objects.get()
    document = Document.objects.get()
    assert answer.url == f"/knowledge/{base.pk}/batches/{document.batch}"
    assert (base.name, base.permission, base.indexing_technique, base.embedding_model) == (
        "handbook", "only_me", "high_quality", "demo-embedding",
    )  # fmt: skip
    assert base.retrieval_model["top_k"] == 3
    waiting = browser.get(answer.url, headers=HTMX)
    assert b"every 2s" in waiting.content
    run(index_pending())
    finished = browser.get(answer.url, headers=HTMX)
    assert b"every 2s" not in finished.content
    assert "Everything is indexed" in text_of(finished)
    assert "0 documents picked" in text_of(browser.get("/knowledge/new"))  # the draft is used up


def test_kb_13_the_text_and_the_segments_are_seen_before_anything_is_stored(workspace, browser):
    pick(browser)
    assert "Every pump is under warranty" in text_of(browser.get("/knowledge/new/look"))
    shown = text_of(browser.post("/knowledge/new/preview", process("custom", separator="\\n")))
    assert "Segments 4" in shown
    assert "Price free" in shown
    assert "page 2" in shown
    parents = text_of(browser.post("/knowledge/new/preview", process("hierarchical", parent_mode="full-doc")))
    assert "Parents 1" in parents
    assert "Children 4" in parents
    assert not Dataset.objects.exists()


def test_kb_15_an_economical_base_calls_no_model(workspace, browser):
    pick(browser)
    assert "Price free" in text_of(browser.post("/knowledge/new/preview", process(technique="economy")))
    browser.post("/knowledge/new/process", process(technique="economy"))
    base = Dataset.objects.get()
    assert (base.indexing_technique, base.embedding_model) == ("economy", "")
    assert base.retrieval_model["search_method"] == "keyword_search"


def test_what_was_chosen_survives_a_reload(workspace, browser):
    pick(browser)
    browser.post("/knowledge/new/preview", process("custom", separator="###", max_tokens="321"))
    again = browser.get("/knowledge/new/process").content.decode()
    assert 'value="###"' in again
    assert 'value="321"' in again
    assert "handbook.pdf" in text_of(browser.get("/knowledge/new"))


def test_a_wrong_field_is_named_in_the_preview_and_nothing_is_made(workspace, browser):
    pick(browser)
    wrong = process("custom", max_tokens="9")
    assert "Longest segment" in text_of(browser.post("/knowledge/new/preview", wrong))
    too_far = process("custom", max_tokens="60", overlap="60")
    assert "chunk_overlap is invalid" in text_of(browser.post("/knowledge/new/preview", too_far))
    assert browser.post("/knowledge/new/process", too_far).status_code == 200
    assert not Dataset.objects.exists()


def test_kb_03_09_files_that_do_not_fit_are_refused_one_by_one(workspace, browser, settings):
    odd = pick(browser, SimpleUploadedFile("a.exe", b"MZ"))
    assert (odd.status_code, odd.json()["code"]) == (415, "unsupported_file_type")
    empty = pick(browser, SimpleUploadedFile("a.txt", b""))
    assert empty.status_code >= 400
    settings.UPLOAD_FILE_BATCH_LIMIT = 1
    pick(browser)
    many = pick(browser)
    assert "At most 1 files" in many.json()["message"]
    assert UploadFile.objects.count() == 1


def test_what_is_taken_out_leaves_no_file(workspace, browser):
    pick(browser)
    text = browser.post("/knowledge/new/text", {"name": "Note", "text": "Written here."}, headers=HTMX)
    assert "2 documents picked" in text_of(text)
    keys = [entry.key for entry in text.context["entries"]]
    browser.post("/knowledge/new/remove", {"key": keys[0]})
    assert UploadFile.objects.get().name == "Note.txt"
    browser.post("/knowledge/new/process", process())
    assert Document.objects.get().name == "Note"
    assert Dataset.objects.get().name == "Note"


def test_several_documents_are_added_up(workspace, browser):
    pick(browser)
    browser.post("/knowledge/new/text", {"name": "Note", "text": "Written here."})
    shown = text_of(browser.post("/knowledge/new/preview", {**process(), "total": "1"}))
    assert "2 documents: 2 segments" in shown


def test_more_documents_for_a_base_take_its_index_and_its_latest_rule(workspace, browser, vectors, add):
    add(vectors, "One. Two.", process_rule={
        "mode": "custom", "rules": {"pre_processing_rules": [], "segmentation": {"separator": "##", "max_tokens": 99}}
    })  # fmt: skip
    base = f"?base={vectors.pk}"
    assert browser.get(f"/knowledge/{vectors.pk}/add").url == f"/knowledge/new{base}"
    pick(browser, base=base)
    assert "0 documents picked" in text_of(browser.get("/knowledge/new"))  # another draft
    form = browser.get(f"/knowledge/new/process{base}")
    assert 'value="##"' in form.content.decode()
    assert b'name="technique"' not in form.content
    browser.post(f"/knowledge/new/process{base}", process())
    assert vectors.documents.count() == 2


def test_a_text_of_questions_and_answers_asks_the_model_only_when_told(workspace, browser):
    browser.post("/knowledge/new/text", {"name": "Note", "text": "The warranty lasts two years."})
    shown = browser.post("/knowledge/new/preview", process("qa"))
    assert "costs tokens" in text_of(shown)
    browser.post("/knowledge/new/process", process("qa"))
    assert Document.objects.get().doc_form == "qa_model"


def test_kb_30_pages_of_notion_are_searched_and_picked(workspace, browser, notion):  # noqa: F811 - the fixture
    connection = connect(workspace=workspace, source="notion", values={"secret": SECRET})
    notion.add(page("a1", "Travel rules", [block("paragraph", "Fly in premium class.")]))
    listing = browser.get(f"/knowledge/new/from/{connection.pk}", headers=HTMX)
    assert listing.status_code == 200
    items = listing.context["items"]
    chosen = [f"{item.kind} {item.id}" for item in items]
    assert chosen
    titles = {f"title:{value}": item.title for value, item in zip(chosen, items, strict=True)}
    picked = browser.post(f"/knowledge/new/from/{connection.pk}/add", {"item": chosen, **titles}, headers=HTMX)
    assert picked.context["draft"].count == len(chosen)
    browser.post("/knowledge/new/process", process())
    sync_due()
    assert Document.objects.filter(data_source_type="notion_import").count() == len(chosen)


def test_kb_33_a_site_is_crawled_and_its_pages_are_picked(workspace, browser, settings):
    settings.SOURCE_PRIVATE_HOSTS = ["127.0.0.1"]
    site = Site()
    try:
        site.add("/", "Home", "/rules", "/prices")
        site.add("/rules", "Rules")
        site.add("/prices", "Prices")
        browser.post(
            "/knowledge/new/crawl/start", {"url": site.url, "limit": "5", "depth": "1", "only_main_content": "on"}
        )
        running = browser.get("/knowledge/new/crawl", headers=HTMX)
        assert b"every 2s" in running.content
        run(crawl_pending())
        done = browser.get("/knowledge/new?from=website")
        assert "3 pages" in text_of(done)
        assert "took" in text_of(done)
        pages = list(CrawledPage.objects.order_by("position").values_list("pk", flat=True))
        browser.post("/knowledge/new/crawl/pick", {"page": pages[1:]})
        assert "Rules" in text_of(browser.get("/knowledge/new/look"))
        browser.post("/knowledge/new/process", process())
        assert sorted(Document.objects.values_list("name", flat=True)) == ["Prices", "Rules"]
    finally:
        site.stop()


def test_an_address_that_is_none_is_refused_in_words(workspace, browser):
    answer = browser.post("/knowledge/new/crawl/start", {"url": "not an address"}, follow=True)
    assert "Write the page's address" in text_of(answer)
    assert not Crawl.objects.exists()


def test_a_draft_belongs_to_its_session(workspace, browser):
    pick(browser)
    other = browser_of(member(workspace, "editor"))
    assert "0 documents picked" in text_of(other.get("/knowledge/new"))
    assert other.get("/knowledge/new/process").url == "/knowledge/new"


def test_a_base_gets_its_name_at_the_end(workspace, browser, economy):
    browser.post(f"/knowledge/{economy.pk}/name", {"name": "Pumps"})
    economy.refresh_from_db()
    assert economy.name == "Pumps"
