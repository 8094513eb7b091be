"""Reads of users, workspaces and memberships."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Case, Count, Q, QuerySet, Value, When
from django.db.models.functions import Lower

from apps.common.errors import InvalidParam, NotFound
from apps.common.ids import parse_uuid

from .choices import Role, WorkspaceStatus
from .models import AuditEvent, Installation, Invitation, Membership, Tag, TagBinding, User, Workspace


def is_installed() -> bool:
    """Whether the first owner was created, so that `/install` is closed for ever."""
    return Installation.objects.exists()


def has_account(*, email: str) -> bool:
    """Whether somebody signs in by this address (in lower case)."""
    return User.objects.filter(email=email).exists()


def find_workspace_to_fill() -> Workspace | None:
    """The first workspace, if its installation asked for a demo and none was made yet (`demo.fill`)."""
    wanted = AuditEvent.objects.filter(action="installation.complete", data__demo=True).select_related("workspace")
    event = wanted.first() if not AuditEvent.objects.filter(action="demo.fill").exists() else None
    return event.workspace if event else None


def list_demo_ids(*, workspace: Workspace) -> list[str]:
    """Ids of the knowledge base and the apps that came as a demo, whether or not they are still there."""
    event = AuditEvent.objects.filter(workspace=workspace, action="demo.fill").first()
    return list(event.data.get("ids", [])) if event else []


def list_memberships(*, user: User) -> "QuerySet[Membership]":
    """The user's memberships of usable workspaces, the last used first."""
    return (
        Membership.objects.filter(user=user, workspace__status=WorkspaceStatus.NORMAL)
        .select_related("workspace")
        .order_by("-last_used_at", "pk")
    )


def get_membership(*, user: User, workspace_id: UUID | str | None) -> Membership | None:
    """The membership of the wanted workspace; without one, or if it is not the user's, the last used."""
    wanted = parse_uuid(str(workspace_id)) if workspace_id else None
    memberships = list_memberships(user=user)
    return (wanted and memberships.filter(workspace_id=wanted).first()) or memberships.first()


def list_members(*, workspace: Workspace | UUID, query: str = "") -> "QuerySet[Membership]":
    """The members by rank and name; `query` is looked for in name and address."""
    rank = Case(*[When(role=role, then=Value(place)) for place, role in enumerate(Role.values)])
    members = Membership.objects.filter(workspace=workspace).select_related("user")
    if query:
        members = members.filter(Q(user__name__icontains=query) | Q(user__email__icontains=query))
    return members.order_by(rank, Lower("user__email"))


def list_invitations(*, workspace: Workspace | UUID) -> "QuerySet[Invitation]":
    """The workspace's invitations, the newest first; expired ones too."""
    return Invitation.objects.filter(workspace=workspace).order_by("-expires_at", "pk")


def mail_states(*, workspace: Workspace | UUID, invitations: Collection[Invitation]) -> dict[UUID, AuditEvent]:
    """The last word on each invitation's mail: `invitation.mail` or `invitation.mail_failed` (data: reason)."""
    events = AuditEvent.objects.filter(
        workspace=workspace,
        action__in=("invitation.mail", "invitation.mail_failed"),
        object_id__in=[str(invitation.pk) for invitation in invitations],
    )
    return {UUID(event.object_id): event for event in events.order_by("created_at")}


def list_audit_events(
    *,
    workspace: Workspace | UUID,
    user_id: UUID | None = None,
    actions: Collection[str] = (),
    since: datetime | None = None,
) -> "QuerySet[AuditEvent]":
    """What was done in the workspace, the latest first.

    Args:
        user_id: by one person only.
        actions: these only; empty: all.
        since: not what was done before.
    """
    events = AuditEvent.objects.filter(workspace=workspace).select_related("user")
    if user_id:
        events = events.filter(user_id=user_id)
    if actions:
        events = events.filter(action__in=actions)
    if since:
        events = events.filter(created_at__gte=since)
    return events.order_by("-created_at", "-pk")


def find_workspace(wanted: str | None) -> Workspace:
    """The workspace a command names by id or name; without a name, the only one there is.

    Raises:
        NotFound: none of that name, or none at all.
        InvalidParam: several fit; the message lists them.
    """
    workspaces = Workspace.objects.filter(status=WorkspaceStatus.NORMAL).order_by("created_at")
    if wanted:
        key = parse_uuid(wanted)
        workspaces = workspaces.filter(pk=key) if key else workspaces.filter(name=wanted)
    found = list(workspaces[:20])
    if len(found) == 1:
        return found[0]
    if not found:
        missing = f"There is no workspace {wanted!r}." if wanted else "There is no workspace yet; run setup first."
        raise NotFound(missing)
    names = ", ".join(f"{item.name} ({item.pk})" for item in found)
    raise InvalidParam(f"Name one workspace with --workspace: {names}.", params="workspace")


def list_tags(*, workspace: Workspace | UUID, kind: str) -> "QuerySet[Tag]":
    """The workspace's tags of a kind by name, each with `binding_count`: on how many apps or bases it is."""
    tags = Tag.objects.filter(workspace=workspace, kind=kind)
    return tags.annotate(binding_count=Count("bindings")).order_by(Lower("name"))


def list_tags_of(*, workspace: Workspace | UUID, target_ids: Collection[UUID]) -> dict[UUID, list[Tag]]:
    """The tags of each of these apps or bases, by name; who has none is not among the keys."""
    bindings = TagBinding.objects.filter(tag__workspace=workspace, target_id__in=target_ids)
    found: dict[UUID, list[Tag]] = {}
    for binding in bindings.select_related("tag").order_by(Lower("tag__name")):
        found.setdefault(binding.target_id, []).append(binding.tag)
    return found


def list_tagged(*, workspace: Workspace | UUID, tag_ids: Collection[UUID]) -> "QuerySet[TagBinding, UUID]":
    """The ids of what bears at least one of some tags of the workspace."""
    return TagBinding.objects.filter(tag__workspace=workspace, tag_id__in=tag_ids).values_list("target_id", flat=True)
