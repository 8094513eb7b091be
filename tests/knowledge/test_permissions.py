"""Who sees and changes a knowledge base (KB-24), and which of them an app's editor may attach."""

import pytest

from apps.common.errors import Forbidden, InvalidParam, NotFound
from apps.knowledge.access import require_builder
from apps.knowledge.models import Dataset, DatasetMember
from apps.knowledge.selectors import find_dataset, get_dataset, list_datasets
from apps.knowledge.services.datasets import create_dataset, update_dataset
from apps.prompts.errors import InvalidAppConfig
from apps.prompts.services.apps import create_app
from apps.prompts.services.duplicate import duplicate_app
from apps.prompts.services.transfer import export_app, import_app
from apps.prompts.services.versions import publish, restore, save_draft
from apps.workspaces.choices import Role
from apps.workspaces.models import User
from apps.workspaces.services.members import add_member, remove_member
from tests.factories import make_user, make_workspace
from tests.knowledge.api import create, error_of
from tests.knowledge.test_commands import command

ROLES = [role for role in Role if role != Role.OWNER]


@pytest.fixture
def people(workspace) -> dict[str, User]:
    """A member of each role, and `maker`, an editor who made the base."""
    found = {str(role): make_user(f"{role}@example.org") for role in ROLES}
    for role, user in found.items():
        add_member(workspace=workspace, user=user, role=role)
    found["maker"] = make_user("maker@example.org", name="Mae Ker")
    add_member(workspace=workspace, user=found["maker"], role=Role.EDITOR)
    return {**found, "owner": User.objects.get(email="owner@example.org"), "stranger": make_user("s@example.org")}


@pytest.fixture
def base(workspace, people) -> Dataset:
    return create_dataset(workspace=workspace, name="Base", user=people["maker"], indexing_technique="economy")


def who_sees(workspace, people) -> set[str]:
    return {name for name, user in people.items() if list_datasets(workspace=workspace, for_user=user).exists()}


def share(dataset, permission, *members, user=None) -> Dataset:
    chosen = [{"user_id": str(member.pk)} for member in members] if permission == "partial_members" else None
    return update_dataset(dataset=dataset, permission=permission, members=chosen, user=user)


def config_with(*datasets: Dataset) -> dict:
    entries = [{"dataset": {"enabled": True, "id": str(dataset.pk)}} for dataset in datasets]
    return {"pre_prompt": "Be brief.", "dataset_configs": {"datasets": {"datasets": entries}}}


def test_kb_24_each_permission_shows_a_base_to_its_people(workspace, people, base):
    always = {"owner", "admin", "maker"}
    assert who_sees(workspace, people) == always
    share(base, "partial_members", people["dataset_operator"])
    assert who_sees(workspace, people) == always | {"dataset_operator"}
    share(base, "all_team_members")
    assert who_sees(workspace, people) == set(people) - {"stranger"}
    share(base, "only_me")
    assert who_sees(workspace, people) == always
    assert not DatasetMember.objects.exists()


def test_kb_24_to_others_a_base_is_as_if_it_were_not_there(workspace, people, base):
    with pytest.raises(NotFound):
        get_dataset(workspace=workspace, dataset_id=base.pk, for_user=people["editor"])
    with pytest.raises(NotFound):
        find_dataset(str(base.pk), for_user=people["editor"])
    assert get_dataset(workspace=workspace, dataset_id=base.pk, for_user=people["maker"]) == base
    assert find_dataset(str(base.pk), for_user=people["admin"]) == base


def test_a_removed_member_sees_nothing_more(workspace, people, base):
    share(base, "partial_members", people["editor"])
    remove_member(workspace=workspace, user_id=people["editor"].pk)
    remove_member(workspace=workspace, user_id=people["maker"].pk)
    assert who_sees(workspace, people) == {"owner", "admin"}


def test_roles_that_build_knowledge(workspace, people):
    for name in ("owner", "admin", "editor", "dataset_operator"):
        require_builder(people[name], workspace=workspace)
    for name in ("normal", "stranger"):
        with pytest.raises(Forbidden):
            require_builder(people[name], workspace=workspace)


def test_knowledge_operators_share_only_what_they_made(workspace, people, base):
    operator = people["dataset_operator"]
    share(base, "partial_members", operator)
    update_dataset(dataset=base, user=operator, name="Renamed")
    with pytest.raises(Forbidden):
        share(base, "all_team_members", user=operator)
    own = create_dataset(workspace=workspace, name="Own", user=operator)
    assert share(own, "all_team_members", user=operator).permission == "all_team_members"


def test_kb_24_chosen_members_are_set_and_shown_by_api(client, workspace, people):
    dataset_id = create(client)
    path, owner, editor = f"/v1/datasets/{dataset_id}", people["owner"], people["editor"]

    def patch(**fields):
        return client.request("PATCH", path, fields)

    assert patch(permission="partial_members").json()["params"] == "partial_member_list"
    chosen = patch(permission="partial_members", partial_member_list=[{"user_id": str(editor.pk)}])
    assert chosen.status == 200, chosen.body
    # The one who made it stays: a key makes bases as the workspace's owner.
    assert set(chosen.json()["partial_member_list"]) == {str(editor.pk), str(owner.pk)}
    assert client.get(path).json()["partial_member_list"] == chosen.json()["partial_member_list"]
    assert patch(name="New").json()["partial_member_list"] == chosen.json()["partial_member_list"]
    assert patch(partial_member_list=[]).json()["partial_member_list"] == [str(owner.pk)]
    outsider = make_workspace("Other", "other@example.org").memberships.get().user
    wrongs: list[list] = [[{"user_id": str(outsider.pk)}], [{"user_id": "x"}], ["x"], [None], [{}]]
    for wrong in wrongs:
        answer = patch(permission="partial_members", partial_member_list=wrong)
        assert (answer.status, answer.json()["params"]) == (400, "partial_member_list")
    assert patch(permission="all_team_members").json()["partial_member_list"] == []
    body = {"name": "Second", "permission": "partial_members", "partial_member_list": [{"user_id": str(editor.pk)}]}
    made = client.post("/v1/datasets", body).json()
    assert (made["permission"], len(made["partial_member_list"])) == ("partial_members", 2)
    assert client.post("/v1/datasets", {"name": "Third", "permission": "partial_members"}).status == 400


def test_members_are_checked_where_no_edge_did(workspace):
    with pytest.raises(InvalidParam):
        create_dataset(workspace=workspace, name="Base", permission="partial_members", members="x")


def test_kap_01_a_key_acts_on_all_bases_of_its_workspace_alone(client, stranger, base):
    path = f"/v1/datasets/{base.pk}"
    shown = client.get(path).json()
    assert (shown["permission"], shown["author_name"]) == ("only_me", "Mae Ker")
    assert [item["id"] for item in client.get("/v1/datasets?include_all=true").json()["data"]] == [str(base.pk)]
    assert error_of(stranger.get(path)) == (404, "not_found", "Dataset not found.")
    assert stranger.get("/v1/datasets?include_all=true").json()["data"] == []
    base.enable_api = False
    base.save()
    refused = (403, "forbidden", "Dataset api access is not enabled.")
    assert error_of(client.get(path)) == refused
    assert error_of(client.get(f"{path}/metadata")) == refused
    assert error_of(client.post(f"{path}/documents/download-zip", {"document_ids": ["x"]})) == refused


def test_kb_24_an_app_takes_only_knowledge_that_its_editor_sees(workspace, people, base):
    editor = people["editor"]
    with pytest.raises(InvalidAppConfig, match=str(base.pk)):
        create_app(workspace=workspace, name="A", mode="chat", config=config_with(base), user=editor)
    app = create_app(workspace=workspace, name="A", mode="chat", config=config_with(), user=editor)
    with pytest.raises(InvalidAppConfig) as refused:
        save_draft(app=app, config=config_with(base), user=editor)
    assert [code for code, _, _ in refused.value.problems] == ["dataset_not_shared"]
    app.refresh_from_db()
    save_draft(app=app, config=config_with(base), user=people["maker"])
    # What somebody else attached stays attached, whoever edits and publishes the app next.
    changed = {**config_with(base), "pre_prompt": "Be long."}
    save_draft(app=app, config=changed, user=editor)
    publish(app=app, user=editor)
    app.refresh_from_db()
    assert duplicate_app(app=app, user=editor).draft.config == changed
    assert app.published is not None
    restore(app=app, version_id=app.published.pk, user=editor)
    with pytest.raises(InvalidAppConfig):
        import_app(workspace=workspace, content=export_app(app=app), user=editor)
    share(base, "all_team_members")
    assert import_app(workspace=workspace, content=export_app(app=app), user=editor).status == "completed"


def test_a_draft_without_the_base_cannot_take_it_back(workspace, people, base):
    app = create_app(workspace=workspace, name="A", mode="chat", config=config_with(base), user=people["maker"])
    save_draft(app=app, config=config_with(), user=people["editor"])
    app.refresh_from_db()
    with pytest.raises(InvalidAppConfig):
        save_draft(app=app, config=config_with(base), user=people["editor"])


def test_commands_act_as_a_member(workspace, people, base, tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("One.")
    with pytest.raises(NotFound):
        command("knowledge_add", str(base.pk), str(file), "--user", "editor@example.org")
    with pytest.raises(NotFound):
        command("knowledge_search", str(base.pk), "One", "--user", "nobody@example.org")
    with pytest.raises(Forbidden):
        command("knowledge_create", "Mine", "--user", "normal@example.org")
    added = command("knowledge_add", str(base.pk), str(file), "--user", "Maker@example.org", "--wait")
    assert [row["status"] for row in added["documents"]] == ["completed"]
    assert base.documents.get().created_by == people["maker"]
    assert len(command("knowledge_search", str(base.pk), "One", "--user", "admin@example.org")["records"]) == 1
    share(base, "all_team_members")
    with pytest.raises(Forbidden):
        command("knowledge_add", str(base.pk), str(file), "--user", "normal@example.org")
    made = command("knowledge_create", "Mine", "--user", "editor@example.org", "--permission", "only_me")
    assert Dataset.objects.get(pk=made["dataset_id"]).created_by == people["editor"]
