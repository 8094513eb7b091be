"""Settings, metadata and API page of a base."""

import pytest
from django.test import Client

from apps.common.perloop import run
from apps.knowledge.models import Dataset, DatasetMember, IndexChange, MetadataField
from apps.knowledge.services.datasets import create_dataset
from apps.knowledge.services.index_changes import run_changes
from apps.prompts.models import ApiToken
from apps.workspaces.selectors import list_tags_of
from tests.factories import make_app
from tests.http import Client as Caller
from tests.knowledge.console import HTMX, browser_of, member, owner_of, text_of


@pytest.fixture
def browser(workspace) -> Client:
    return browser_of(owner_of(workspace))


def about(base: Dataset, **fields) -> dict:
    return {"name": base.name, "description": base.description, "permission": base.permission, "tags": "", **fields}


def index(**fields) -> dict:
    return {
        "technique": "economy", "search_method": "keyword_search", "vector_weight": "0.7", "top_k": "3",
        "threshold": "0.5", "rerank": "", "embedding": "", **fields,
    }  # fmt: skip


def test_kb_25_name_description_tags_and_interval(workspace, browser, economy):
    fields = about(economy, name="Rules", description="Of travel", tags="HR, Legal", sync_interval="12")
    assert browser.post(f"/knowledge/{economy.pk}/settings", fields).status_code == 302
    economy.refresh_from_db()
    assert (economy.name, economy.description, economy.sync_interval_h) == ("Rules", "Of travel", 12)
    tags = list_tags_of(workspace=workspace, target_ids=[economy.pk])[economy.pk]
    assert [tag.name for tag in tags] == ["HR", "Legal"]


def test_kb_24_a_base_is_shared_with_chosen_members(workspace, browser, economy):
    chosen, other = member(workspace, "editor"), member(workspace, "editor", "other")
    assert browser_of(chosen).get(f"/knowledge/{economy.pk}/settings").status_code == 404
    fields = about(economy, permission="partial_members", members=[str(chosen.pk)])
    browser.post(f"/knowledge/{economy.pk}/settings", fields)
    assert DatasetMember.objects.filter(dataset=economy, user=chosen).exists()
    assert browser_of(chosen).get(f"/knowledge/{economy.pk}/settings").status_code == 200
    assert browser_of(other).get(f"/knowledge/{economy.pk}/settings").status_code == 404
    browser.post(f"/knowledge/{economy.pk}/settings", about(economy, permission="all_team_members"))
    assert browser_of(other).get(f"/knowledge/{economy.pk}/settings").status_code == 200


def test_an_operator_cannot_share_a_base_of_others(workspace, economy):
    operator = member(workspace, "dataset_operator")
    Dataset.objects.filter(pk=economy.pk).update(permission="all_team_members")
    page = browser_of(operator)
    assert b'name="permission"' not in page.get(f"/knowledge/{economy.pk}/settings").content
    page.post(f"/knowledge/{economy.pk}/settings", about(economy, name="Renamed", permission="only_me"))
    economy.refresh_from_db()
    assert (economy.name, economy.permission) == ("Renamed", "all_team_members")


def test_retrieval_is_set(browser, vectors):
    fields = index(
        technique="high_quality", embedding="demo/demo-embedding", search_method="hybrid_search", vector_weight="0.4",
        top_k="7", has_threshold="on", threshold="0.35",
    )  # fmt: skip
    assert browser.post(f"/knowledge/{vectors.pk}/index", fields).status_code == 302
    vectors.refresh_from_db()
    stored = vectors.retrieval_model
    assert (stored["search_method"], stored["top_k"], stored["score_threshold"]) == ("hybrid_search", 7, 0.35)
    assert stored["weights"]["keyword_setting"]["keyword_weight"] == 0.6


def test_a_change_of_the_index_is_shown_and_cancelled(browser, economy, add):
    add(economy, "Whales sleep.", process_rule={"mode": "automatic"})
    fields = index(technique="high_quality", embedding="demo/demo-embedding")
    browser.post(f"/knowledge/{economy.pk}/index", fields)
    assert "0 of 1 segments" in text_of(browser.get(f"/knowledge/{economy.pk}/settings"))
    assert "demo-embedding" in text_of(browser.get(f"/knowledge/{economy.pk}/index-change", headers=HTMX))
    browser.post(f"/knowledge/{economy.pk}/index-change/cancel")
    run(run_changes())
    economy.refresh_from_db()
    assert economy.indexing_technique == "economy"
    assert not IndexChange.objects.exists()
    browser.post(f"/knowledge/{economy.pk}/index", fields)
    run(run_changes())
    economy.refresh_from_db()
    assert economy.indexing_technique == "high_quality"
    gone = browser.get(f"/knowledge/{economy.pk}/index-change", headers=HTMX)
    assert gone.content.strip() == b""
    assert browser.post(f"/knowledge/{economy.pk}/index-change/cancel").status_code == 302


def test_a_base_in_use_is_not_deleted_and_says_by_which_app(workspace, browser, economy):
    make_app(workspace, {"dataset_configs": {"datasets": {"datasets": [{"dataset": {"id": str(economy.pk)}}]}}})
    assert "Helper" in text_of(browser.get(f"/knowledge/{economy.pk}/delete", headers=HTMX))
    answer = browser.post(f"/knowledge/{economy.pk}/delete", {"name": economy.name}, headers=HTMX)
    assert answer.status_code == 422
    assert Dataset.objects.exists()


def test_a_base_is_deleted_by_its_name(browser, economy):
    wrong = browser.post(f"/knowledge/{economy.pk}/delete", {"name": "Econ"}, headers=HTMX)
    assert (wrong.status_code, "not its name" in text_of(wrong)) == (422, True)
    right = browser.post(f"/knowledge/{economy.pk}/delete", {"name": "Economy"}, headers=HTMX)
    assert right["HX-Redirect"] == "/knowledge"
    assert not Dataset.objects.exists()


def test_metadata_fields_are_made_renamed_and_deleted(browser, economy):
    where = f"/knowledge/{economy.pk}/metadata"
    browser.post(where, {"name": "Year", "type": "number"})
    field = MetadataField.objects.get()
    assert "already" in text_of(browser.post(where, {"name": "Year", "type": "string"})) or (
        MetadataField.objects.count() == 1
    )
    browser.post(f"{where}/{field.pk}/rename", {"name": "Jahr"})
    assert 'value="Jahr"' in browser.get(where).content.decode()
    assert browser.post(f"{where}/{field.pk}/rename", {"name": " "}).status_code == 200
    browser.post(f"{where}/built-in", {"enabled": "on"})
    economy.refresh_from_db()
    assert economy.built_in_field_enabled
    browser.post(f"{where}/{field.pk}/delete")
    assert not MetadataField.objects.exists()


def test_kap_01_a_key_is_shown_once_works_and_is_revoked(server, browser, economy):
    where = f"/knowledge/{economy.pk}/api"
    page = browser.post(f"{where}/keys")
    key = page.context["new_key"]
    assert key in page.content.decode()
    assert key not in browser.get(where).content.decode()
    caller = Caller(server.url, key)
    assert caller.get(f"/v1/datasets/{economy.pk}").status == 200
    browser.post(f"{where}/switch", {"enabled": "off"})
    assert caller.get(f"/v1/datasets/{economy.pk}").status == 403
    token = ApiToken.objects.get()
    browser.post(f"{where}/keys/{token.pk}/revoke")
    assert not ApiToken.objects.exists()


def test_the_calls_name_this_base_and_editors_make_no_keys(workspace, economy):
    editor = member(workspace, "editor")
    Dataset.objects.filter(pk=economy.pk).update(permission="all_team_members")
    page = browser_of(editor).get(f"/knowledge/{economy.pk}/api")
    assert f"/v1/datasets/{economy.pk}/retrieve" in page.content.decode()
    assert "Create key" not in text_of(page)
    assert browser_of(editor).post(f"/knowledge/{economy.pk}/api/keys").status_code == 403


def test_a_base_that_gives_up_its_vectors_is_searched_by_words(browser, vectors):
    browser.post(f"/knowledge/{vectors.pk}/index", index(search_method="semantic_search"))
    vectors.refresh_from_db()
    assert (vectors.indexing_technique, vectors.retrieval_model["search_method"]) == ("economy", "keyword_search")


def test_an_empty_base_can_be_given_an_index(workspace, browser):
    base = create_dataset(workspace=workspace, name="Empty")
    browser.post(f"/knowledge/{base.pk}/index", index())
    base.refresh_from_db()
    assert base.indexing_technique == "economy"
