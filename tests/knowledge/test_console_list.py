"""The list of knowledge bases: who sees which, search, ten thousand of them; bases without documents; finders."""

import pytest
from django.db import connection
from django.test import Client

from apps.knowledge.choices import Permission
from apps.knowledge.models import Dataset, DatasetMember, Document
from apps.knowledge.services.datasets import create_dataset
from apps.workspaces.models import Tag, Workspace
from apps.workspaces.services.tags import set_tags
from tests.factories import make_app, make_workspace
from tests.fakes.external import KEY, external_service
from tests.knowledge.console import HTMX, browser_of, member, owner_of, text_of

# Copies of a row under other names.
MANY = """
insert into knowledge_{0} select copy.* from knowledge_{0} k, generate_series(2, 10000) n,
    lateral jsonb_populate_record(
    k, jsonb_build_object('id', gen_random_uuid(), 'name', %s || ' ' || n, 'created_at', %s::timestamptz)
) copy where k.id = %s"""


@pytest.fixture
def workspace(db) -> Workspace:
    return make_workspace()


@pytest.fixture
def browser(workspace) -> Client:
    return browser_of(owner_of(workspace))


def names(response) -> list[str]:
    return [card["base"].name for card in response.context["cards"]]


def test_an_empty_list_says_how_to_begin(workspace, browser):
    page = text_of(browser.get("/knowledge"))
    assert all(way in page for way in ("Bring documents", "Start empty", "Connect an external base"))
    normal = text_of(browser_of(member(workspace, "normal")).get("/knowledge"))
    assert "No knowledge is shared with you" in normal
    assert "Start empty" not in normal


def test_kb_24_a_member_sees_own_shared_and_chosen_bases(workspace, browser):
    editor, other = member(workspace, "editor"), member(workspace, "editor", "other")
    create_dataset(workspace=workspace, name="Mine", user=editor)
    create_dataset(workspace=workspace, name="Team", user=other, permission=Permission.ALL_TEAM_MEMBERS)
    secret = create_dataset(workspace=workspace, name="Secret", user=other)
    chosen = create_dataset(
        workspace=workspace, name="Chosen", user=other, permission="partial_members", members=[str(editor.pk)]
    )
    assert DatasetMember.objects.filter(dataset=chosen, user=editor).exists()
    theirs = browser_of(editor)
    assert names(theirs.get("/knowledge")) == ["Chosen", "Team", "Mine"]
    assert names(browser.get("/knowledge")) == ["Chosen", "Secret", "Team", "Mine"]
    for path in ("", "/settings", "/metadata", "/api", "/delete", "/add", "/index-change"):
        assert theirs.get(f"/knowledge/{secret.pk}{path}").status_code == 404
    assert theirs.get(f"/knowledge/new?base={secret.pk}").status_code == 404
    assert theirs.post(f"/knowledge/{secret.pk}/settings", {"name": "Mine now"}).status_code == 404


def test_the_list_is_searched_and_filtered_by_tag(workspace, browser):
    first = create_dataset(workspace=workspace, name="Travel rules")
    create_dataset(workspace=workspace, name="Prices", description="All about travelling")
    create_dataset(workspace=workspace, name="Zoo")
    set_tags(workspace=workspace, kind="knowledge", names=["HR"], target_id=first.pk)
    assert names(browser.get("/knowledge?q=TRAVEL")) == ["Prices", "Travel rules"]
    assert names(browser.get(f"/knowledge?tag={Tag.objects.get().pk}")) == ["Travel rules"]
    fragment = browser.get("/knowledge?q=nothing", headers=HTMX)
    assert "No knowledge base has this in its name" in text_of(fragment)
    assert b"<html" not in fragment.content


def test_a_card_tells_documents_apps_permission_and_model(transactional_db):
    workspace = make_workspace()
    browser = browser_of(owner_of(workspace))
    base = create_dataset(workspace=workspace, name="Rules", indexing_technique="high_quality")
    make_app(workspace, {"dataset_configs": {"datasets": {"datasets": [{"dataset": {"id": str(base.pk)}}]}}})
    page = text_of(browser.get("/knowledge"))
    assert all(word in page for word in ("Rules", "0 documents", "1 app", "Only me", "demo-embedding"))


def test_ten_thousand_bases_and_documents_are_listed_and_searched(workspace, browser, django_assert_max_num_queries):
    newest = create_dataset(workspace=workspace, name="Newest", user=owner_of(workspace))
    rule = newest.process_rules.create(mode="automatic", rules={})
    first = Document.objects.create(
        workspace=workspace, dataset=newest, position=1, name="Paper 1", process_rule=rule, batch="1", word_count=7
    )
    with connection.cursor() as cursor:
        cursor.execute(MANY.format("dataset"), ["Base", "2020-01-01", newest.pk])
        cursor.execute(MANY.format("document"), ["Paper", "2020-01-01", first.pk])
    set_tags(workspace=workspace, kind="knowledge", names=["All"], target_id=newest.pk)
    browser.get("/knowledge")
    with django_assert_max_num_queries(14):
        page = browser.get("/knowledge")
    assert "70,000 characters" in text_of(page)
    assert names(browser.get("/knowledge?q=base 5123")) == ["Base 5123"]
    found = browser.get("/find?q=paper 99")
    assert "Paper 99" in found.content.decode()


def test_an_empty_base_is_made(workspace, browser):
    answer = browser.post("/knowledge/empty", {"name": "Later", "description": "Soon"}, headers=HTMX)
    base = Dataset.objects.get()
    assert (answer.status_code, answer["HX-Redirect"]) == (204, f"/knowledge/{base.pk}")
    assert (base.name, base.description, base.indexing_technique, base.created_by) == (
        "Later", "Soon", None, owner_of(workspace),
    )  # fmt: skip
    again = browser.post("/knowledge/empty", {"name": "Later"}, headers=HTMX)
    assert again.status_code == 422
    assert "already exists" in text_of(again)


def test_an_external_base_is_connected_with_a_new_service_and_with_a_known_one(transactional_db, settings):
    settings.EXTERNAL_KNOWLEDGE_PRIVATE_ADDRESSES_ALLOWED = True
    workspace = make_workspace()
    browser = browser_of(owner_of(workspace))
    with external_service() as service:
        fields = {
            "name": "Animals", "service_name": "Zoo", "endpoint": service.url, "api_key": KEY,
            "external_knowledge_id": "animals", "top_k": "4", "threshold": "0.5",
        }  # fmt: skip
        wrong = browser.post("/knowledge/external", {**fields, "api_key": "wrong"}, headers=HTMX)
        assert wrong.status_code == 422
        assert not Dataset.objects.exists()
        assert browser.post("/knowledge/external", fields, headers=HTMX).status_code == 204
        base = Dataset.objects.get()
        assert (base.provider, base.external_api.name, base.external_knowledge_id) == ("external", "Zoo", "animals")
        known = {**fields, "name": "More", "external_api": str(base.external_api_id), "api_key": "", "endpoint": ""}
        assert browser.post("/knowledge/external", known).status_code == 302
        changed = {"external_knowledge_id": "animals", "top_k": "9", "has_threshold": "on", "threshold": "0.3"}
        assert browser.post(f"/knowledge/{base.pk}/external", changed).status_code == 302
    base.refresh_from_db()
    assert base.external_retrieval_model["top_k"] == 9
    assert "More" in text_of(browser.get("/knowledge"))
    assert browser.get(f"/knowledge/{base.pk}/metadata").status_code == 404  # it keeps no documents here


def test_the_command_menu_finds_bases_and_documents_the_member_sees(workspace, economy_document):
    editor = member(workspace, "editor")
    create_dataset(workspace=workspace, name="Own rules", user=editor)
    found = text_of(browser_of(owner_of(workspace)).get("/find?q=rules"))
    assert "Travel rules" in found
    assert "rules of travel" in found
    theirs = text_of(browser_of(editor).get("/find?q=rules"))
    assert "Own rules" in theirs
    assert "ravel" not in theirs


@pytest.fixture
def economy_document(workspace) -> Document:
    base = create_dataset(workspace=workspace, name="Travel rules", user=owner_of(workspace))
    rule = base.process_rules.create(mode="automatic", rules={})
    return Document.objects.create(
        workspace=workspace, dataset=base, position=1, name="rules of travel", process_rule=rule, batch="1"
    )


def test_tags_of_knowledge_are_made_renamed_and_deleted(workspace, browser):
    browser.post("/knowledge/tags", {"name": "Sales"})
    tag = Tag.objects.get(kind="knowledge")
    browser.post(f"/knowledge/tags/{tag.pk}/rename", {"name": "Service"})
    assert "Service" in browser.get("/knowledge/tags").content.decode()
    browser.post(f"/knowledge/tags/{tag.pk}/delete")
    assert not Tag.objects.exists()
