"""The orchestrate page and the draft it saves."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.knowledge.models import Dataset, DatasetMember
from apps.knowledge.services.datasets import create_dataset
from apps.prompts.models import App, AppVersion
from apps.prompts.services import drafts
from apps.prompts.services.versions import publish, restore
from apps.workspaces.choices import Role
from apps.workspaces.models import User, Workspace
from apps.workspaces.services.members import add_member
from tests.factories import make_app, make_provider, make_user, make_workspace, upstream_config

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace() -> Workspace:
    return make_workspace()


@pytest.fixture
def app(workspace: Workspace) -> App:
    return make_app(workspace)


def browser_of(user: User) -> Client:
    browser = Client(headers={"accept": "application/json"})
    browser.force_login(user)
    return browser


@pytest.fixture
def owner(workspace: Workspace) -> Client:
    return browser_of(workspace.memberships.get().user)


def editor_of(page: str) -> dict[str, Any]:
    _, _, rest = page.partition('<script id="orchestrate-data" type="application/json">')
    data: dict[str, Any] = json.loads(rest.partition("</script>")[0])
    return data


def save(browser: Client, app: App, base: object, **config: Any) -> Any:
    return send(browser, app, {"config": config, "base_version_id": str(base)})


def send(browser: Client, app: App, body: object, name: str = "draft") -> Any:
    return browser.post(reverse(f"prompts:{name}", args=[app.pk]), body, content_type="application/json")


def test_the_page_brings_all_that_can_be_chosen(workspace, app, owner):
    make_provider(workspace, "http://127.0.0.1:9", "fast", order="rerank")
    page = owner.get(reverse("prompts:orchestrate", args=[app.pk]), headers={"accept": "text/html"})
    editor = editor_of(page.content.decode())
    models = {model["name"]: model for model in editor["models"]}
    fast = models["fast"]
    rules = {rule["name"]: rule for rule in editor["rules"][fast["rules"]]}
    assert (rules["temperature"]["minimum"], rules["temperature"]["maximum"]) == (0, 2)
    assert set(editor["presets"][fast["presets"]]) == {"creative", "balanced", "precise"}
    assert "order" in {model["name"] for model in editor["rerank"]}
    assert editor["stored"]["config"] == {"pre_prompt": "Be brief."}
    assert editor["stored"]["version_id"] == str(app.draft_id)


def test_the_page_takes_a_fixed_number_of_queries(workspace, app, owner, django_assert_max_num_queries):
    make_provider(workspace, "http://127.0.0.1:9", *(f"model-{number}" for number in range(30)))
    with django_assert_max_num_queries(28):
        owner.get(reverse("prompts:orchestrate", args=[app.pk]), headers={"accept": "text/html"})


def test_a_graph_has_no_such_page(workspace, owner):
    flow = make_app(workspace, {"graph": {}}, mode="workflow", published=False)
    assert owner.get(reverse("prompts:orchestrate", args=[flow.pk])).url == f"/apps/{flow.pk}/canvas"


def test_a_draft_is_stored_and_what_is_published_stays(app, owner):
    answer = save(owner, app, app.draft_id, pre_prompt="Be kind.")
    assert answer.status_code == 200
    app.refresh_from_db()
    assert (answer.json()["version_id"], answer.json()["number"]) == (str(app.draft_id), 2)
    assert app.draft.config == {"pre_prompt": "Be kind."}
    assert app.published.config == {"pre_prompt": "Be brief."}
    assert owner.get(reverse("prompts:draft", args=[app.pk])).json()["config"] == {"pre_prompt": "Be kind."}


def test_the_saves_of_one_sitting_are_one_version(app, owner, monkeypatch):
    monkeypatch.setattr(drafts, "SITTING_S", 10**9)  # no boundary falls between these saves
    base = app.draft_id
    for number in range(5):
        base = save(owner, app, base, pre_prompt=f"Text {number}").json()["version_id"]
    assert list(app.versions.order_by("number").values_list("number", "config__pre_prompt")) == [
        (1, "Be brief."),
        (2, "Text 4"),
    ]
    monkeypatch.undo()
    AppVersion.objects.filter(pk=base).update(created_at=timezone.now() - timedelta(hours=1))
    save(owner, app, base, pre_prompt="Later")
    assert app.versions.count() == 3


def test_what_is_named_restored_or_somebody_else_s_is_kept(workspace, app, owner):
    first = save(owner, app, app.draft_id, pre_prompt="Mine").json()
    publish(app=App.objects.get(pk=app.pk))
    second = save(owner, app, first["version_id"], pre_prompt="After it was published").json()
    restored = restore(app=App.objects.get(pk=app.pk), version_id=first["version_id"])
    third = save(owner, app, restored.pk, pre_prompt="After it was restored").json()
    colleague = make_user("editor@example.org")
    add_member(workspace=workspace, user=colleague, role=Role.EDITOR)
    save(browser_of(colleague), app, third["version_id"], pre_prompt="Of a colleague")
    kept = set(AppVersion.objects.filter(app=app).values_list("pk", flat=True))
    assert {str(pk) for pk in kept} >= {answer["version_id"] for answer in (first, second, third)} | {str(restored.pk)}


def test_the_same_again_is_no_new_version(app, owner):
    answer = save(owner, app, uuid4(), pre_prompt="Be brief.")
    assert (answer.status_code, answer.json()["number"], app.versions.count()) == (200, 1, 1)


def test_two_windows_do_not_overwrite_each_other_unasked(app, owner):
    save(owner, app, app.draft_id, pre_prompt="Of one window")
    refused = save(owner, app, app.draft_id, pre_prompt="Of the other")
    assert (refused.status_code, refused.json()["code"]) == (409, "draft_conflict")
    assert refused.json()["draft"]["config"] == {"pre_prompt": "Of one window"}
    body = {"config": {"pre_prompt": "Of the other"}, "base_version_id": str(app.draft_id), "overwrite": True}
    assert send(owner, app, body).status_code == 200
    texts = app.versions.values_list("config__pre_prompt", flat=True)
    assert set(texts) == {"Be brief.", "Of one window", "Of the other"}


def test_an_unfinished_draft_is_stored_with_its_problems_and_cannot_be_published(app, owner):
    form = [{"text-input": {"variable": "city"}}, {"number": {"variable": "city"}}]
    answer = save(owner, app, app.draft_id, dataset_configs={"top_k": 99}, user_input_form=form)
    problems = {problem["code"]: problem["field"] for problem in answer.json()["problems"]}
    assert problems == {"top_k_out_of_range": "dataset_configs.top_k", "duplicate_variable": "user_input_form"}
    owner.post(reverse("prompts:publish", args=[app.pk]))
    app.refresh_from_db()
    assert app.published.number == 1


def test_expert_mode_that_was_published_has_no_way_back(workspace, owner):
    prompt = {"prompt": [{"role": "system", "text": "Be brief."}]}
    app = make_app(workspace, {"prompt_type": "advanced", "chat_prompt_config": prompt})
    answer = save(owner, app, app.draft_id, prompt_type="simple", pre_prompt="Be brief.")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize("body", [{}, {"config": []}, {"config": "x"}, [1], "text"])
def test_what_is_no_configuration_is_refused(app, owner, body):
    assert send(owner, app, body).status_code == 400
    assert app.versions.count() == 1


def test_what_postgres_cannot_hold_is_left_out(app, owner):
    assert save(owner, app, app.draft_id, pre_prompt="a\x00b").status_code == 200
    app.refresh_from_db()
    assert app.draft.config == {"pre_prompt": "ab"}


def test_the_switch_to_expert_mode_takes_the_instructions_along(workspace, app, owner):
    dataset = {"datasets": {"datasets": [{"dataset": {"id": str(uuid4()), "enabled": True}}]}}
    fields = send(owner, app, {"config": {"pre_prompt": "Be kind.", "dataset_configs": dataset}}, "expert").json()
    [message] = fields["chat_prompt_config"]["prompt"]
    assert (fields["prompt_type"], fields["pre_prompt"], message["role"]) == ("advanced", "", "system")
    assert "{{#context#}}" in message["text"]
    assert "Be kind." in message["text"]
    model = {"provider": "openai", "name": "gpt-3.5-turbo-instruct"}
    text = send(owner, app, {"config": {"pre_prompt": "Be kind.", "model": model}}, "expert").json()
    assert "{{#histories#}}" in text["completion_prompt_config"]["prompt"]["text"]
    assert app.versions.count() == 1


@pytest.mark.django_db(transaction=True)  # the model is resolved on a connection of its own
def test_a_design_is_proposed_and_not_stored(app, owner):
    proposal = send(owner, app, {"instruction": "Helps travellers to plan a trip"}, "design").json()
    assert proposal["pre_prompt"]
    assert proposal["prompt_type"] == "simple"
    assert app.versions.count() == 1
    assert send(owner, app, {"instruction": 5}, "design").status_code == 400


@pytest.mark.parametrize("role", [Role.NORMAL, Role.DATASET_OPERATOR])
def test_others_than_builders_are_refused(workspace, app, role):
    member = make_user("member@example.org")
    add_member(workspace=workspace, user=member, role=role)
    browser = browser_of(member)
    assert browser.get(reverse("prompts:orchestrate", args=[app.pk])).status_code == 403
    assert save(browser, app, app.draft_id, pre_prompt="Mine").status_code == 403
    assert browser.get(reverse("knowledge:picker")).status_code == 403


def test_another_workspace_s_app_is_not_there(app):
    stranger = browser_of(make_workspace("B", "b@example.org").memberships.get().user)
    assert save(stranger, app, app.draft_id, pre_prompt="Mine").status_code == 404
    assert send(stranger, app, {"instruction": "x"}, "design").status_code == 404


def test_bases_to_choose_from_are_those_the_member_sees(workspace, owner):
    user = workspace.memberships.get().user
    bases = {
        permission: create_dataset(workspace=workspace, name=permission, indexing_technique="economy")
        for permission in ("only_me", "all_team_members", "partial_members")
    }
    for permission, dataset in bases.items():
        type(dataset).objects.filter(pk=dataset.pk).update(permission=permission, created_by=user)
    editor = make_user("editor@example.org")
    add_member(workspace=workspace, user=editor, role=Role.EDITOR)
    DatasetMember.objects.create(dataset=bases["partial_members"], user=editor)
    create_dataset(workspace=make_workspace("B", "b@example.org"), name="Foreign", indexing_technique="economy")

    def names(browser: Client, **query: str) -> set[str]:
        answer = browser.get(reverse("knowledge:picker"), query).json()
        return {item["name"] for item in answer["items"]}

    assert names(owner) == set(bases)
    assert names(browser_of(editor)) == {"all_team_members", "partial_members"}
    assert names(owner, q="TEAM") == {"all_team_members"}
    assert names(browser_of(editor), ids=",".join(str(base.pk) for base in bases.values())) == {
        "all_team_members",
        "partial_members",
    }
    assert names(owner, ids="nonsense,", page="x") == set()


def test_bases_come_in_pages(workspace, owner, django_assert_max_num_queries):
    for number in range(23):
        create_dataset(workspace=workspace, name=f"Base {number}", indexing_technique="economy")
    with django_assert_max_num_queries(10):
        first = owner.get(reverse("knowledge:picker")).json()
    second = owner.get(reverse("knowledge:picker"), {"page": "2"}).json()
    assert (len(first["items"]), first["has_more"], len(second["items"]), second["has_more"]) == (20, True, 3, False)


def test_one_of_ten_thousand_bases_is_found(workspace, owner):
    names = (f"Base {number}" for number in range(10_000))
    Dataset.objects.bulk_create(
        Dataset(workspace=workspace, name=name, permission="all_team_members") for name in names
    )
    found = owner.get(reverse("knowledge:picker"), {"q": "999"}).json()
    assert (len(found["items"]), found["has_more"]) == (19, False)


def test_models_that_are_not_set_up_are_shown_as_the_draft_names_them(workspace, owner):
    app = make_app(workspace, upstream_config("gone"), published=False)
    page = owner.get(reverse("prompts:orchestrate", args=[app.pk]), headers={"accept": "text/html"})
    editor = editor_of(page.content.decode())
    assert editor["stored"]["config"]["model"]["name"] == "gone"
    assert "gone" not in {model["name"] for model in editor["models"]}


def test_studio_and_command_menu_lead_builders_here_and_others_to_the_chat(workspace, app, owner):
    member = make_user("member@example.org")
    add_member(workspace=workspace, user=member, role=Role.NORMAL)
    address = reverse("prompts:orchestrate", args=[app.pk])
    for browser, leads in ((owner, True), (browser_of(member), False)):
        cards = browser.get("/apps", headers={"accept": "text/html"}).content.decode()
        found = browser.get("/find", {"q": "Helper"}).content.decode()
        overview = browser.get(reverse("prompts:overview", args=[app.pk]), headers={"accept": "text/html"})
        assert (address in cards, address in found, address in overview.content.decode()) == (leads, leads, leads)
        assert reverse("chat:chat_page", args=[app.pk]) in cards
