"""A document's page: its segments and child chunks, how they are changed, and what is known of the document."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.knowledge.models import Document, Segment
from apps.knowledge.services.metadata import create_field
from tests.knowledge.test_console_documents import browser, signed_in  # noqa: F401 - a fixture
from tests.knowledge.test_hierarchical import TWO_PARENTS, rule
from tests.knowledge.texts import ONE_A_LINE, PASSAGES

HTMX = {"HX-Request": "true"}
LINES = "\n".join(PASSAGES)


@pytest.fixture
def document(economy, add) -> Document:
    return add(economy, LINES, "stones", process_rule=ONE_A_LINE)


@pytest.fixture
def parents(economy, add) -> Document:
    return add(economy, TWO_PARENTS, "parents", process_rule=rule(), doc_form="hierarchical_model")


def url(document: Document, tail: str = "") -> str:
    return f"/knowledge/{document.dataset_id}/documents/{document.pk}{tail}"


def page_of(browser, document, tail="", **query) -> str:  # noqa: F811
    answer = browser.get(url(document, tail), query)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def first(document: Document) -> Segment:
    return Segment.objects.filter(document=document, parent=None).order_by("position")[0]


def test_kb_17_the_page_shows_segments_figures_and_how_indexing_went(browser, document):  # noqa: F811
    page = page_of(browser, document)
    assert PASSAGES[0] in page
    assert "#1" in page
    for word in ("Reading", "Splitting", "Tokens", "Metadata", "Status"):
        assert word in page


def test_segments_are_searched_and_filtered(browser, document):  # noqa: F811
    word = max(PASSAGES[1].split(), key=len)
    found = browser.get(url(document), {"q": word}, headers=HTMX)
    assert {segment.content for segment, _ in found.context["rows"]} == {
        text for text in PASSAGES if word.lower() in text.lower()
    }
    Segment.objects.filter(pk=first(document).pk).update(enabled=False)
    off = browser.get(url(document), {"status": "off"}, headers=HTMX)
    assert [segment.position for segment, _ in off.context["rows"]] == [1]


def test_a_citation_leads_to_its_segment(browser, document):  # noqa: F811
    source = first(document)
    copies = [
        Segment(
            workspace_id=source.workspace_id, dataset_id=source.dataset_id, document=document, position=100 + number,
            content=f"Passage {number}", word_count=9, tokens=2, index_node_hash=str(number), status="completed",
        )
        for number in range(60)
    ]  # fmt: skip
    Segment.objects.bulk_create(copies)
    answer = browser.get(url(document), {"segment": str(copies[50].pk)})
    assert answer.context["page"].number == 4
    assert f'id="segment-{copies[50].pk}"' in answer.content.decode()
    assert browser.get(url(document), {"segment": "nothing", "page": "x"}).status_code == 200


def test_kb_17_a_segment_is_changed_and_marked(browser, document):  # noqa: F811
    segment = first(document)
    path = url(document, f"/segments/{segment.pk}")
    assert segment.content in page_of(browser, document, f"/segments/{segment.pk}")
    assert browser.post(path, {"content": ""}, headers=HTMX).status_code == 422
    answer = browser.post(path, {"content": "Basalt is dark.", "keywords": "rock, lava"}, headers=HTMX)
    assert json.loads(answer.headers["HX-Location"])["path"] == f"{url(document)}?segment={segment.pk}"
    segment.refresh_from_db()
    assert (segment.content, segment.keywords) == ("Basalt is dark.", ["rock", "lava"])
    assert "edited" in page_of(browser, document)


def test_segments_are_added_switched_and_deleted(browser, document):  # noqa: F811
    assert browser.post(url(document, "/segments/add"), {"content": "Slate splits."}).status_code == 302
    added = Segment.objects.get(content="Slate splits.")
    assert browser.post(url(document, "/segments/do"), {"only": f"disable {added.pk}"}, headers=HTMX).status_code == 200
    added.refresh_from_db()
    assert not added.enabled
    ids = [str(added.pk), str(first(document).pk)]
    answer = browser.post(url(document, "/segments/do"), {"segment": ids, "action": "enable"}, headers=HTMX)
    assert "2 segments are on." in answer.headers["HX-Trigger"]
    answer = browser.post(url(document, "/segments/do"), {"segment": ids, "action": "delete"}, headers=HTMX)
    assert "2 segments were deleted." in answer.headers["HX-Trigger"]
    assert not Segment.objects.filter(pk__in=ids).exists()
    refused = browser.post(url(document, "/segments/do"), {"action": "delete"}, headers=HTMX)
    assert "Choose segments first." in refused.headers["HX-Trigger"]


def test_kb_19_child_chunks_are_shown_added_changed_and_deleted(browser, parents):  # noqa: F811
    segment = first(parents)
    tail = f"/segments/{segment.pk}/chunks"
    assert "child chunks" in page_of(browser, parents)
    assert browser.post(url(parents, tail), {"content": "Obsidian is glass."}).status_code == 302
    chunk = Segment.objects.get(parent=segment, content="Obsidian is glass.")
    assert browser.post(url(parents, f"{tail}/{chunk.pk}"), {"content": "Obsidian cuts."}).status_code == 302
    chunk.refresh_from_db()
    assert (chunk.content, chunk.origin) == ("Obsidian cuts.", "customized")
    assert browser.post(url(parents, f"{tail}/{chunk.pk}/delete")).status_code == 302
    assert not Segment.objects.filter(pk=chunk.pk).exists()


def test_whether_chunks_are_cut_anew_is_asked(browser, parents):  # noqa: F811
    segment = first(parents)
    path = url(parents, f"/segments/{segment.pk}")
    assert "Cut the child chunks anew" in page_of(browser, parents, f"/segments/{segment.pk}")
    before = list(segment.children.values_list("pk", flat=True))
    browser.post(path, {"content": "Something else.", "keywords": ""})
    assert list(segment.children.values_list("pk", flat=True)) == before
    browser.post(path, {"content": "Something else again.", "keywords": "", "regenerate": "on"})
    assert [chunk.content for chunk in segment.children.all()] == ["Something else again."]


def test_questions_and_answers_have_two_fields(browser, document):  # noqa: F811
    Document.objects.filter(pk=document.pk).update(doc_form="qa_model")
    assert "Question" in page_of(browser, document, "/segments/add")
    refused = browser.post(url(document, "/segments/add"), {"content": "When?"}, headers=HTMX)
    assert refused.status_code == 422
    assert browser.post(url(document, "/segments/add"), {"content": "When?", "answer": "At nine."}).status_code == 302
    assert Segment.objects.get(content="When?").answer == "At nine."


def test_segments_come_from_a_csv_file_and_bad_rows_are_named(browser, document):  # noqa: F811
    template = browser.get(url(document, "/segments/template"))
    assert template.content.decode("utf-8-sig").startswith("content,keywords")
    path = url(document, "/segments/file")
    assert "Download a template" in page_of(browser, document, "/segments/file")
    good = SimpleUploadedFile("a.csv", b"content,keywords\nGneiss has bands.,rock\n")
    assert browser.post(path, {"file": good}).status_code == 302
    assert Segment.objects.filter(content="Gneiss has bands.").exists()
    bad = SimpleUploadedFile("a.csv", b"content,keywords\n,only a keyword\n")
    answer = browser.post(path, {"file": bad}, headers=HTMX)
    assert answer.status_code == 422
    assert "Line 2" in answer.content.decode()


def test_metadata_of_the_document_is_typed(browser, document):  # noqa: F811
    number = create_field(dataset=document.dataset, name="year", type="number")
    moment = create_field(dataset=document.dataset, name="signed", type="time")
    fields = {f"field-{number.pk}": "2024.5", f"field-{moment.pk}": "2026-01-02T03:04"}
    browser.cookies["time_zone"] = "UTC"
    assert browser.post(url(document, "/metadata"), fields, headers=HTMX).status_code == 200
    document.refresh_from_db()
    assert document.doc_metadata == {"year": 2024.5, "signed": 1767323040}
    assert "2026-01-02T03:04" in page_of(browser, document)
    assert browser.post(url(document, "/metadata"), {f"field-{number.pk}": "x"}, headers=HTMX).status_code == 422
    browser.post(url(document, "/metadata"), {f"field-{moment.pk}": "2026-01-02T03:04"})
    document.refresh_from_db()
    assert document.doc_metadata == {"signed": 1767323040}


def test_an_archived_document_is_only_read(browser, document):  # noqa: F811
    Document.objects.filter(pk=document.pk).update(archived=True)
    assert "Add segment" not in page_of(browser, document)
    answer = browser.post(url(document, "/segments/do"), {"only": f"delete {first(document).pk}"}, headers=HTMX)
    assert '"kind": "bad"' in answer.headers["HX-Trigger"]
    assert first(document)


def test_a_segment_of_another_document_is_not_found(browser, document, parents):  # noqa: F811
    other = first(parents)
    assert browser.get(url(document, f"/segments/{other.pk}")).status_code == 404
    assert browser.post(url(document, f"/segments/{other.pk}/chunks"), {"content": "x"}).status_code == 404
    assert browser.post(url(document, "/segments/do"), {"only": f"delete {other.pk}"}, headers=HTMX).status_code == 404
