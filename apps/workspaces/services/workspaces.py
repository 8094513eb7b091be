"""A workspace's name and end."""

from django.conf import settings
from django.db import transaction

from apps.common import notify
from apps.common.errors import Forbidden, InvalidParam
from apps.workspaces.choices import Role, WorkspaceStatus
from apps.workspaces.models import Membership, User, Workspace
from apps.workspaces.topics import WORKSPACE_TOPIC

from . import audit
from .accounts import clean_name, create_workspace
from .members import confirm_name


def create_own_workspace(*, user: User, name: str) -> Workspace:
    """A person creates a further workspace and owns it.

    Raises:
        Forbidden: the operator does not want that (ALLOW_CREATE_WORKSPACE).
        InvalidParam: the name is empty or too long.
    """
    if not settings.ALLOW_CREATE_WORKSPACE:
        raise Forbidden("Only operators create workspaces in this installation.")
    return create_workspace(owner=user, name=name)


def rename_workspace(*, workspace: Workspace, name: str, by: User) -> None:
    """Gives a workspace another name.

    Raises:
        InvalidParam: the name is empty or too long.
    """
    name, before = clean_name(name, "name"), workspace.name
    if not name:
        raise InvalidParam("A workspace needs a name.", params="name")
    workspace.name = name
    with transaction.atomic():
        workspace.save(update_fields=["name"])
        _record(workspace, by, "workspace.rename", {"name": name, "from": before})


def archive_workspace(*, owner: Membership, typed: str) -> None:
    """Closes a workspace: nobody opens it any more, its keys and public pages included. Its rows stay.

    Args:
        typed: the workspace's name, typed to say that it is meant.

    Raises:
        Forbidden: not by the owner.
        InvalidParam: another name was typed.
    """
    workspace = owner.workspace
    if owner.role != Role.OWNER:
        raise Forbidden("Only the owner can close a workspace.")
    confirm_name(workspace, typed)
    with transaction.atomic():
        _set_status(workspace, WorkspaceStatus.ARCHIVED)
        workspace.invitations.all().delete()
        _record(workspace, owner.user, "workspace.archive", {"name": workspace.name})


def reopen_workspace(*, workspace: Workspace, by: User) -> None:
    """Opens a closed workspace again, for an operator."""
    with transaction.atomic():
        _set_status(workspace, WorkspaceStatus.NORMAL)
        _record(workspace, by, "workspace.reopen", {"name": workspace.name})


def _set_status(workspace: Workspace, status: WorkspaceStatus) -> None:
    workspace.status = status
    workspace.save(update_fields=["status"])
    notify.send(WORKSPACE_TOPIC, workspace.pk)


def _record(workspace: Workspace, by: User, action: str, data: dict[str, object]) -> None:
    audit.record(
        workspace=workspace, user=by, action=action, object_type="workspace", object_id=workspace.pk, data=data
    )
