"""The audit trail."""

from collections.abc import Mapping

from apps.workspaces.models import AuditEvent, User, Workspace


def record(
    *,
    workspace: Workspace | None,
    user: User | None,
    action: str,
    object_type: str = "",
    object_id: object = "",
    data: Mapping[str, object] | None = None,
) -> AuditEvent:
    """Writes one audit row in the caller's transaction, so that it exists if and only if the change does.

    Args:
        workspace: None for what concerns the whole installation.
        user: who did it; None for commands and tasks.
        action: `noun.verb`, such as `app.publish`, at most 64 characters.
        object_type: such as `app`.
        object_id: the row's id.
        data: what changed, JSON-encodable, without secrets.
    """
    return AuditEvent.objects.create(
        workspace=workspace,
        user=user,
        action=action,
        object_type=object_type,
        object_id=str(object_id),
        data=dict(data or {}),
    )
