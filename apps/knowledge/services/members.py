"""For whom a base with the permission `partial_members` is there."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from apps.common.errors import InvalidParam
from apps.common.ids import parse_uuid
from apps.common.text import shown
from apps.knowledge.choices import Permission
from apps.knowledge.models import Dataset, DatasetMember
from apps.workspaces.models import Membership, Workspace

_FIELD: Final = "partial_member_list"


def read_members(workspace: Workspace | UUID, value: Any) -> list[UUID] | None:
    """The chosen members of `[{"user_id": ...}]` or a list of ids; None: not given.

    Raises:
        InvalidParam: not such a list, or one is no member of the workspace.
    """
    if value is None:
        return None
    if not isinstance(value, list):
        raise InvalidParam("partial_member_list must be a list of members.", params=_FIELD)
    texts = [entry.get("user_id") if isinstance(entry, Mapping) else entry for entry in value]
    ids = {text: parse_uuid(str(text)) for text in map(str, texts)}
    members = Membership.objects.filter(workspace=workspace, user__in=[id for id in ids.values() if id])
    known = set(members.values_list("user_id", flat=True))
    for text, id in ids.items():
        if id not in known:
            raise InvalidParam(f"{shown(text)} is not a member of this workspace.", params=_FIELD)
    return [id for id in ids.values() if id is not None]


def require_members(permission: str | None, before: str | None, members: list[UUID] | None) -> None:
    """Raises InvalidParam: the base becomes one for chosen members, and nobody says for whom."""
    if permission == Permission.PARTIAL_MEMBERS and before != permission and members is None:
        raise InvalidParam("Partial member list is required when setting to partial members.", params=_FIELD)


def set_members(dataset: Dataset, members: list[UUID] | None) -> None:
    """Makes these and the base's creator its chosen members; a base that is not for chosen ones keeps none.

    In the caller's transaction, which holds the base's lock.
    """
    rows = DatasetMember.objects.filter(dataset=dataset)
    if dataset.permission != Permission.PARTIAL_MEMBERS:
        rows.delete()
    elif members is not None:
        wanted = {*members, *([dataset.created_by_id] if dataset.created_by_id else [])}
        rows.exclude(user__in=wanted).delete()
        DatasetMember.objects.bulk_create(
            [DatasetMember(dataset=dataset, user_id=id) for id in sorted(wanted)], ignore_conflicts=True
        )
