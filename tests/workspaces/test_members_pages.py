"""The pages of members and of the workspace."""

import pytest

from apps.workspaces.models import AuditEvent, Installation, Membership, Workspace
from tests.factories import make_user, make_workspace

from .people import browser, member, owner_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace():
    Installation.objects.create()
    return make_workspace()


def test_roles_are_changed_and_people_removed_at_once(workspace):
    ben = member(workspace)
    owner, theirs = browser(owner_of(workspace)), browser(ben)
    assert theirs.get("/apps/new").status_code == 403
    owner.post(f"/settings/members/{ben.pk}/role", {"role": "editor"})
    assert theirs.get("/apps/new").status_code == 200
    owner.post(f"/settings/members/{ben.pk}/remove")
    assert theirs.get("/apps").status_code == 403
    assert "ben@example.org" not in owner.get("/settings/members").content.decode().split("<main")[1].split("flash")[0]


def test_the_owner_is_neither_removed_nor_demoted_nor_leaves(workspace):
    boss = owner_of(workspace)
    admin = browser(member(workspace, role="admin"))
    assert admin.post(f"/settings/members/{boss.pk}/remove").status_code == 409
    assert admin.post(f"/settings/members/{boss.pk}/role", {"role": "normal"}).status_code == 409
    assert browser(boss).post("/settings/workspace/leave").status_code == 403


def test_wsp_07_the_workspace_is_renamed_by_managers_only(workspace):
    browser(owner_of(workspace)).post("/settings/workspace", {"name": "Acme Labs"})
    assert browser(member(workspace)).post("/settings/workspace", {"name": "Mine"}).status_code == 403
    assert Workspace.objects.get().name == "Acme Labs"
    assert AuditEvent.objects.get(action="workspace.rename").data == {"name": "Acme Labs", "from": "Acme"}


def test_ownership_is_handed_over_by_typing_the_name(workspace):
    boss, ben = owner_of(workspace), member(workspace, role="editor")
    client = browser(boss)
    wrong = client.post("/settings/workspace/transfer", {"heir": str(ben.pk), "typed": "acme?"})
    assert wrong.status_code == 400
    assert owner_of(workspace) == boss
    client.post("/settings/workspace/transfer", {"heir": str(ben.pk), "typed": "Acme"})
    assert owner_of(workspace) == ben
    assert Membership.objects.get(user=boss).role == "admin"
    assert client.get("/settings/workspace/transfer").status_code == 403


def test_ownership_goes_to_members_only(workspace):
    stranger = make_user("eve@example.org")
    answer = browser(owner_of(workspace)).post(
        "/settings/workspace/transfer", {"heir": str(stranger.pk), "typed": "Acme"}
    )
    assert answer.status_code == 400


def test_wsp_08_a_second_workspace_is_created_and_opened(workspace, settings):
    client = browser(member(workspace))
    client.post("/settings/workspace/new", {"name": "Lab"})
    assert "Lab" in client.get("/settings/workspace").content.decode()
    assert client.get("/settings/workspace/archive").status_code == 200, "its creator owns it"
    settings.ALLOW_CREATE_WORKSPACE = False
    assert client.post("/settings/workspace/new", {"name": "More"}).status_code == 403
    assert Workspace.objects.count() == 2


def test_a_member_leaves(workspace):
    client = browser(member(workspace))
    client.post("/settings/workspace/leave")
    assert client.get("/apps").status_code == 403
    assert workspace.memberships.count() == 1


def test_a_closed_workspace_opens_for_nobody(workspace):
    client = browser(owner_of(workspace))
    assert client.post("/settings/workspace/archive", {"typed": "x"}).status_code == 400
    client.post("/settings/workspace/archive", {"typed": "Acme"})
    assert client.get("/apps").status_code == 403


def test_members_are_searched_and_paged_with_a_fixed_number_of_queries(workspace, django_assert_max_num_queries):
    for number in range(60):
        member(workspace, f"person{number:02}@example.org")
    client = browser(owner_of(workspace))
    with django_assert_max_num_queries(9):
        answer = client.get("/settings/members")
    assert len(answer.context["page"].object_list) == 50
    found = client.get("/settings/members", {"q": "PERSON07"}).context["page"].object_list
    assert [row.user.email for row in found] == ["person07@example.org"]
