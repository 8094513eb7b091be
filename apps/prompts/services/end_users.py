"""End users that are known before their first run."""

from uuid import UUID

from apps.prompts.callers import Caller
from apps.prompts.models import EndUser


def ensure_end_user(*, workspace_id: UUID, app_id: UUID, caller: Caller) -> None:
    """Gives a caller the row that its first run would otherwise write."""
    if caller.end_user_id is None:
        return
    user = EndUser(
        id=caller.end_user_id,
        workspace_id=workspace_id,
        app_id=app_id,
        kind=caller.invoke_from,
        session_id=caller.session_id,
        is_anonymous=caller.is_anonymous,
    )
    EndUser.objects.bulk_create([user], ignore_conflicts=True)
