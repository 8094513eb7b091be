"""Members, roles and the audit trail."""

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from apps.common.errors import InvalidParam, NotFound
from apps.workspaces.choices import Role, WorkspaceStatus
from apps.workspaces.errors import AlreadyMember, OwnerIsFixed
from apps.workspaces.models import AuditEvent, Membership
from apps.workspaces.selectors import find_workspace, get_membership
from apps.workspaces.services.audit import record
from apps.workspaces.services.members import add_member, change_role, remove_member
from tests.factories import make_user, make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace():
    return make_workspace()


@pytest.fixture
def owner(workspace):
    return workspace.memberships.get().user


def test_add_change_and_remove_are_audited(workspace, owner):
    person = make_user("member@example.org")
    add_member(workspace=workspace, user=person, role=Role.NORMAL, by=owner)
    change_role(workspace=workspace, user_id=person.pk, role=Role.EDITOR, by=owner)
    assert Membership.objects.get(user=person).role == Role.EDITOR
    remove_member(workspace=workspace, user_id=person.pk, by=owner)
    assert list(AuditEvent.objects.order_by("pk").values_list("action", "user", "object_id", "data")) == [
        ("member.add", owner.pk, str(person.pk), {"role": "normal"}),
        ("member.change_role", owner.pk, str(person.pk), {"from": "normal", "to": "editor"}),
        ("member.remove", owner.pk, str(person.pk), {"role": "editor"}),
    ]


def test_there_is_exactly_one_owner(workspace, owner):
    person = make_user("member@example.org")
    with pytest.raises(OwnerIsFixed):
        add_member(workspace=workspace, user=person, role=Role.OWNER)
    with pytest.raises(OwnerIsFixed):
        change_role(workspace=workspace, user_id=owner.pk, role=Role.ADMIN)
    with pytest.raises(OwnerIsFixed):
        remove_member(workspace=workspace, user_id=owner.pk)
    assert Membership.objects.get().role == Role.OWNER
    assert not AuditEvent.objects.exists()


def test_wrong_requests_change_nothing(workspace):
    person = make_user("member@example.org")
    with pytest.raises(InvalidParam):
        add_member(workspace=workspace, user=person, role="king")
    with pytest.raises(NotFound):
        change_role(workspace=workspace, user_id=person.pk, role=Role.EDITOR)
    add_member(workspace=workspace, user=person, role=Role.NORMAL)
    with pytest.raises(AlreadyMember):
        add_member(workspace=workspace, user=person, role=Role.ADMIN)
    assert Membership.objects.get(user=person).role == Role.NORMAL


def test_a_member_of_another_workspace_is_not_found_here(workspace):
    other = make_workspace("Other", "other@example.org")
    add_member(workspace=other, user=make_user("member@example.org"), role=Role.NORMAL)
    person_id = other.memberships.get(role=Role.NORMAL).user_id
    with pytest.raises(NotFound):
        remove_member(workspace=workspace, user_id=person_id)
    assert other.memberships.count() == 2


def test_an_audit_row_dies_with_its_transaction(workspace, owner):
    with transaction.atomic():
        record(workspace=workspace, user=owner, action="app.publish", object_type="app", object_id=7)
        assert AuditEvent.objects.exists()
        transaction.set_rollback(True)
    assert not AuditEvent.objects.exists()


def test_switching_goes_only_to_workspaces_of_ones_own(workspace, owner, client):
    second = make_workspace("Second", "second@example.org")
    foreign = make_workspace("Foreign", "foreign@example.org")
    add_member(workspace=second, user=owner, role=Role.EDITOR)
    client.force_login(owner)
    switch = reverse("workspaces:switch")

    assert client.post(switch, {"workspace": str(second.pk)}).status_code == 302
    assert client.get("/apps").context["request"].workspace == second
    for wrong in (str(foreign.pk), "nonsense", "", "x" * 5000, "\x00"):
        assert client.post(switch, {"workspace": wrong}).status_code == 404
    assert client.get("/apps").context["request"].workspace == second

    fresh = Client()
    fresh.force_login(owner)
    assert fresh.get("/apps").context["request"].workspace == second, "the last used one opens first"


def test_losing_the_workspace_in_the_session_falls_back_to_another(workspace, owner, client):
    second = make_workspace("Second", "second@example.org")
    add_member(workspace=second, user=owner, role=Role.EDITOR)
    client.force_login(owner)
    client.post("/switch", {"workspace": str(second.pk)})
    remove_member(workspace=second, user_id=owner.pk)
    assert client.get("/apps").context["request"].workspace == workspace


def test_an_archived_workspace_is_closed(workspace, owner):
    workspace.status = WorkspaceStatus.ARCHIVED
    workspace.save()
    assert get_membership(user=owner, workspace_id=workspace.pk) is None


def test_a_command_finds_its_workspace_by_name_id_or_because_it_is_the_only_one(workspace):
    assert find_workspace(None) == find_workspace("Acme") == find_workspace(str(workspace.pk)) == workspace
    with pytest.raises(NotFound):
        find_workspace("Nobody")
    make_workspace("Second", "second@example.org")
    with pytest.raises(InvalidParam, match=r"Acme .*Second"):
        find_workspace(None)
