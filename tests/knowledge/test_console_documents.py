"""The list of a base's documents: what is shown, found, sorted, and done with them."""

import pytest
from django.test import Client
from django.utils import timezone

from apps.knowledge.choices import IndexingStatus
from apps.knowledge.models import Document, ProcessRule
from apps.knowledge.services.metadata import DocumentValues, create_field, set_documents_metadata
from apps.workspaces.choices import Role
from apps.workspaces.models import User
from apps.workspaces.services.members import add_member
from tests.factories import make_user, make_workspace

TEXT = "Flights longer than six hours may be booked in premium class."


@pytest.fixture
def browser(workspace) -> Client:
    return signed_in(User.objects.get(email="owner@example.org"))


@pytest.fixture
def document(economy, add) -> Document:
    return add(economy, TEXT, "travel-rules")


def signed_in(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def url(dataset, tail: str = "") -> str:
    return f"/knowledge/{dataset.pk}/documents{tail}"


def act(browser: Client, dataset, **fields):
    return browser.post(url(dataset, "/do"), fields, headers={"HX-Request": "true"})


def names(answer) -> list[str]:
    return [document.name for document in answer.context["documents"]]


def rows(dataset, count: int) -> None:
    """Documents without anything in them."""
    rule = ProcessRule.objects.create(dataset=dataset, mode="automatic", rules={})
    Document.objects.bulk_create(
        Document(
            workspace=dataset.workspace, dataset=dataset, position=number, name=f"document {number:05}", batch="1",
            process_rule=rule, word_count=number, indexing_status=IndexingStatus.COMPLETED,
        )
        for number in range(1, count + 1)
    )  # fmt: skip


def test_a_base_without_documents_says_what_to_do(browser, economy):
    page = browser.get(url(economy)).content.decode()
    assert "No documents yet" in page
    assert f"/knowledge/{economy.pk}/add" in page


def test_the_list_shows_name_figures_and_status(browser, document):
    page = browser.get(url(document.dataset)).content.decode()
    assert "travel-rules" in page
    assert "Available" in page
    assert "hx-trigger" not in page.partition('id="watch"')[2].partition(">")[0]  # nothing is on its way


def test_a_fragment_for_scripts_is_the_list_alone(browser, document):
    page = browser.get(url(document.dataset), headers={"HX-Request": "true"}).content.decode()
    assert "travel-rules" in page
    assert "<html" not in page


def test_search_status_metadata_and_order(browser, economy):
    rows(economy, 30)
    assert names(browser.get(url(economy), {"q": "00007"})) == ["document 00007"]
    assert names(browser.get(url(economy), {"sort": "words"}))[0] == "document 00001"
    assert names(browser.get(url(economy), {"sort": "-name", "page": "2"}))[-1] == "document 00001"
    assert names(browser.get(url(economy), {"status": "error"})) == []
    field = create_field(dataset=economy, name="a__b", type="number")
    chosen = Document.objects.get(name="document 00009")
    operation = DocumentValues(chosen.pk, [{"id": str(field.pk), "value": 2024}])
    set_documents_metadata(dataset=economy, operations=[operation])
    assert names(browser.get(url(economy), {"field": field.pk, "value": "202"})) == ["document 00009"]
    assert names(browser.get(url(economy), {"field": field.pk})) == ["document 00009"]
    assert browser.get(url(economy), {"sort": "; drop", "page": "x", "field": "x"}).status_code == 200


def test_ten_thousand_documents_take_a_fixed_number_of_queries(browser, economy, django_assert_max_num_queries):
    rows(economy, 10_000)
    browser.get(url(economy))
    with django_assert_max_num_queries(14):
        assert len(names(browser.get(url(economy), {"q": "99", "sort": "name"}))) == 25


def test_kb_15_documents_are_switched_archived_and_deleted_together(browser, economy, add):
    ids = [str(add(economy, TEXT, name).pk) for name in ("one", "two")]
    for action, shown in (
        ("disable", "Off"),
        ("enable", "Available"),
        ("archive", "Archived"),
        ("un_archive", "Available"),
    ):
        page = act(browser, economy, document=ids, action=action)
        assert page.status_code == 200
        assert page.content.decode().count(f"</svg>{shown}</span>") == 2, action
    assert "2 documents were deleted." in act(browser, economy, document=ids, action="delete").headers["HX-Trigger"]
    assert not Document.objects.exists()


def test_what_is_refused_is_said_and_changes_nothing(browser, document):
    answer = act(browser, document.dataset, only=f"resume {document.pk}")
    assert "Only a paused document can be resumed." in answer.headers["HX-Trigger"]
    assert act(browser, document.dataset, only=f"explode {document.pk}").headers["HX-Trigger"]
    assert act(browser, document.dataset, action="enable").status_code == 400
    assert act(browser, document.dataset, only="enable nothing").status_code == 404


def test_indexing_is_paused_resumed_cancelled_and_tried_again(browser, economy):
    rows(economy, 1)
    Document.objects.update(indexing_status=IndexingStatus.WAITING)
    one = Document.objects.get()
    for action, status in (("pause", "paused"), ("resume", "waiting"), ("cancel", "error"), ("retry", "waiting")):
        assert act(browser, economy, only=f"{action} {one.pk}").status_code == 200
        one.refresh_from_db()
        assert one.indexing_status == status
    assert browser.post(url(economy, f"/{one.pk}/priority"), {"priority": "5"}).status_code == 302
    one.refresh_from_db()
    assert one.priority == 5


def test_progress_tells_of_what_has_changed_alone(browser, economy):
    rows(economy, 2)
    Document.objects.update(indexing_status=IndexingStatus.INDEXING, segment_count=10)
    watched = browser.get(url(economy)).context["watched"]
    assert len(watched) == 2
    moved = Document.objects.order_by("position")[0]
    Document.objects.filter(pk=moved.pk).update(
        completed_segments=4, waiting_reason="The provider asks to wait.", retry_at=timezone.now()
    )
    page = browser.get(url(economy, "/progress"), {"known": watched}).content.decode()
    assert "4 of 10 segments" in page
    assert "The provider asks to wait." in page
    assert "Next attempt at" in page
    assert page.count("hx-swap-oob") == 4
    Document.objects.update(indexing_status=IndexingStatus.COMPLETED)
    page = browser.get(url(economy, "/progress"), {"known": watched}).content.decode()
    assert "every 2s" not in page
    assert browser.get(url(economy, "/progress"), {"known": ["x~y", "z"]}).status_code == 200


def test_a_failed_document_shows_its_reason(browser, economy):
    rows(economy, 1)
    Document.objects.update(indexing_status=IndexingStatus.ERROR, error="The file is <empty>.")
    assert "The file is &lt;empty&gt;." in browser.get(url(economy)).content.decode()


def test_a_document_is_renamed_and_its_file_fetched(browser, document):
    path = url(document.dataset, f"/{document.pk}/rename")
    assert "Rename document" in browser.get(path, headers={"HX-Request": "true"}).content.decode()
    answer = browser.post(path, {"name": ""}, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    answer = browser.post(path, {"name": "rules of travel"}, headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == url(document.dataset)
    document.refresh_from_db()
    assert document.name == "rules of travel"
    address = browser.get(url(document.dataset, f"/{document.pk}/file")).headers["Location"]
    assert browser.get(address).headers["Content-Disposition"].startswith("attachment")
    archive = browser.post(url(document.dataset, "/do"), {"action": "download", "document": [str(document.pk)]})
    assert archive.headers["Content-Type"] == "application/zip"


def test_metadata_of_several_documents(browser, economy):
    rows(economy, 2)
    year = create_field(dataset=economy, name="year", type="number")
    create_field(dataset=economy, name="team", type="string")
    ids = [str(id) for id in Document.objects.values_list("pk", flat=True)]
    path = url(economy, "/metadata")
    assert "2 documents" in browser.get(path, {"document": ids}, headers={"HX-Request": "true"}).content.decode()
    bad = browser.post(path, {"document": ids, f"field-{year.pk}": "x"}, headers={"HX-Request": "true"})
    assert bad.status_code == 422
    assert browser.post(path, {"document": ids, f"field-{year.pk}": "2024"}).status_code == 302
    assert [one.doc_metadata for one in Document.objects.all()] == [{"year": 2024}, {"year": 2024}]


def test_kb_18_another_rule_makes_a_new_document_in_place_of_the_old(browser, document):
    path = url(document.dataset, f"/{document.pk}/settings")
    assert "How the document is cut" in browser.get(path, headers={"HX-Request": "true"}).content.decode()
    fields = {"mode": "custom", "separator": "\\n", "max_tokens": "100", "overlap": "0"}
    assert browser.post(path, {**fields, "max_tokens": "3"}, headers={"HX-Request": "true"}).status_code == 422
    assert browser.post(path, fields).status_code == 302
    new = Document.objects.get(replaces=document)
    assert new.process_rule.rules["segmentation"]["max_tokens"] == 100


def test_kb_24_others_do_not_find_the_documents(workspace, document):
    outsider = make_user("editor@example.org")
    add_member(workspace=workspace, user=outsider, role=Role.EDITOR)
    stranger = make_workspace("Other", "other@example.org").memberships.get().user
    for user in (outsider, stranger):
        browser = signed_in(user)
        assert browser.get(url(document.dataset)).status_code == 404
        assert browser.get(url(document.dataset, f"/{document.pk}")).status_code == 404
        assert act(browser, document.dataset, only=f"delete {document.pk}").status_code == 404
    assert Document.objects.count() == 1


def test_a_document_of_another_base_is_not_found(browser, document, vectors):
    assert browser.get(url(vectors, f"/{document.pk}")).status_code == 404
    assert act(browser, vectors, only=f"delete {document.pk}").status_code == 404
