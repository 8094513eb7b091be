"""Who belongs to a workspace, and as what."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.common.errors import Forbidden, InvalidParam, NotFound
from apps.workspaces.choices import Role
from apps.workspaces.errors import AlreadyMember, OwnerIsFixed
from apps.workspaces.models import Membership, User, Workspace

from . import audit


def add_member(*, workspace: Workspace, user: User, role: str, by: User | None = None) -> Membership:
    """Makes a user a member.

    Raises:
        InvalidParam: no such role.
        OwnerIsFixed: a second owner.
        AlreadyMember.
    """
    role = assignable(role)
    try:
        with transaction.atomic():
            membership = Membership.objects.create(workspace=workspace, user=user, role=role)
            _record(workspace, by, "member.add", user.pk, {"role": role})
    except IntegrityError as error:
        raise AlreadyMember from error
    return membership


def change_role(*, workspace: Workspace, user_id: UUID, role: str, by: User | None = None) -> Membership:
    """Gives a member another role; it counts from their next request.

    Raises:
        InvalidParam: no such role.
        OwnerIsFixed: to or from owner.
        NotFound: not a member of this workspace.
    """
    role = assignable(role)
    with transaction.atomic():
        membership = _locked(workspace, user_id)
        before, membership.role = membership.role, role
        membership.save(update_fields=["role"])
        _record(workspace, by, "member.change_role", user_id, {"from": before, "to": role})
    return membership


def remove_member(*, workspace: Workspace, user_id: UUID, by: User | None = None) -> None:
    """Ends a membership; the person's next request finds it gone.

    Raises:
        OwnerIsFixed: the owner.
        NotFound: not a member of this workspace.
    """
    with transaction.atomic():
        membership = _locked(workspace, user_id)
        membership.delete()
        _record(workspace, by, "member.remove", user_id, {"role": membership.role})


def leave_workspace(*, membership: Membership) -> None:
    """A member ends their own membership.

    Raises:
        OwnerIsFixed: the owner; ownership has to be handed over first.
    """
    with transaction.atomic():
        left = _locked(membership.workspace, membership.user_id)
        left.delete()
        _record(membership.workspace, membership.user, "member.leave", membership.user_id, {"role": left.role})


def transfer_ownership(*, owner: Membership, user_id: UUID, typed: str) -> Membership:
    """Makes another member the owner; the former one stays as an admin.

    Args:
        typed: the workspace's name, typed to say that it is meant.

    Raises:
        InvalidParam: another name was typed.
        Forbidden: not the owner (any more).
        NotFound: not a member of this workspace.
        OwnerIsFixed: to the owner themselves.
    """
    workspace = owner.workspace
    confirm_name(workspace, typed)
    with transaction.atomic():
        heir = _locked(workspace, user_id)
        if not Membership.objects.filter(pk=owner.pk, role=Role.OWNER).update(role=Role.ADMIN):
            raise Forbidden("Only the owner can hand the workspace over.")
        heir.role = Role.OWNER
        heir.save(update_fields=["role"])
        _record(workspace, owner.user, "workspace.transfer", user_id, {})
    return heir


def confirm_name(workspace: Workspace, typed: str) -> None:
    """Asks that somebody typed the workspace's name. Raises InvalidParam."""
    if typed.strip() != workspace.name.strip():
        raise InvalidParam("This is not the workspace's name.", params="typed")


def use_workspace(*, membership: Membership) -> None:
    """Notes that the member works here now: the workspace that opens at their next sign-in."""
    membership.last_used_at = timezone.now()
    membership.save(update_fields=["last_used_at"])


def assignable(role: str) -> str:
    """A role that can be given to somebody. Raises InvalidParam, OwnerIsFixed."""
    if role not in Role.values:
        raise InvalidParam(f"There is no role {role!r}; roles are {', '.join(Role.values)}.", params="role")
    if role == Role.OWNER:
        raise OwnerIsFixed
    return role


def _locked(workspace: Workspace, user_id: UUID) -> Membership:
    rows = Membership.objects.select_for_update().filter(workspace=workspace, user_id=user_id)
    membership = rows.first()
    if membership is None:
        raise NotFound("This person is not a member of the workspace.")
    if membership.role == Role.OWNER:
        raise OwnerIsFixed
    return membership


def _record(workspace: Workspace, by: User | None, action: str, user_id: UUID, data: dict[str, object]) -> None:
    audit.record(workspace=workspace, user=by, action=action, object_type="user", object_id=user_id, data=data)
