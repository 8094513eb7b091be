"""Calls of hosted providers that a workspace may make with the installation's own key."""

from typing import Final
from uuid import UUID

from apps.billing.errors import TrialUsedUp
from apps.common import db
from apps.common.ids import new_id

_TAKE: Final = """
    insert into billing_trialuse as t (id, workspace_id, provider, used, granted)
    select %s, %s, %s, 1, %s where %s > 0
    on conflict (workspace_id, provider) do update set used = t.used + 1, granted = excluded.granted
        where t.used < excluded.granted
    returning used
"""


async def take(workspace_id: UUID, provider: str, calls: int) -> int:
    """Uses up one call; returns how many are used.

    Args:
        provider: the catalogue key.
        calls: that the provider's file grants.

    Raises:
        TrialUsedUp: all of them are used.
    """
    row = await db.fetch_one(_TAKE, new_id(), workspace_id, provider, calls, calls)
    if row is None:
        raise TrialUsedUp
    return int(row[0])
