"""Which bases a person sees and may change. Keys of the knowledge API act on all bases of their workspace instead.

Owners and admins: all. Everybody else: those they made, those of all team members, those they were chosen for.
Changing one takes a role that builds knowledge as well.
"""

from uuid import UUID

from django.db.models import Q

from apps.common.errors import Forbidden
from apps.workspaces.choices import Role
from apps.workspaces.models import Membership, User, Workspace
from apps.workspaces.permissions import KNOWLEDGE_BUILDERS, MANAGERS

from .choices import Permission
from .models import Dataset, DatasetMember

_NOBODY = Q(pk__in=[])


def visible_to(user: User, *, workspace: Workspace | UUID) -> Q:
    """The bases of the workspace that the person sees; none for who is no member."""
    role = _role(user, workspace)
    if role is None:
        return _NOBODY
    all_of_them = Q(workspace=workspace)
    if role in MANAGERS:
        return all_of_them
    chosen = Q(permission=Permission.PARTIAL_MEMBERS, pk__in=DatasetMember.objects.filter(user=user).values("dataset"))
    return all_of_them & (Q(created_by=user) | Q(permission=Permission.ALL_TEAM_MEMBERS) | chosen)


def require_builder(user: User, *, workspace: Workspace | UUID) -> None:
    """Raises Forbidden: the person's role does not build knowledge."""
    if _role(user, workspace) not in KNOWLEDGE_BUILDERS:
        raise Forbidden("Your role does not include changing knowledge.")


def require_sharer(user: User, dataset: Dataset) -> None:
    """Raises Forbidden: the person may not say who else sees the base; knowledge operators may for their own alone."""
    if _role(user, dataset.workspace_id) == Role.DATASET_OPERATOR and dataset.created_by_id != user.pk:
        raise Forbidden("Knowledge operators cannot change who sees a knowledge base that others made.")


def _role(user: User, workspace: Workspace | UUID) -> str | None:
    return Membership.objects.filter(user=user, workspace=workspace).values_list("role", flat=True).first()
