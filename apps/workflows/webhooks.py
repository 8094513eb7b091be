"""The webhook behind an address, as a request finds it: by SQL, without the ORM."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError

from apps.common import crypto, db
from apps.workflows.nodes.trigger_webhook.config import TriggerWebhookConfig

from .errors import TriggerNotFound
from .triggers.kinds import WEBHOOK, trigger_nodes

_LIVE: Final = """
    select t.id, t.workspace_id, t.app_id, t.node_id, t.data, t.secret, w.wrapped_private_key
    from workflows_trigger t
    join prompts_app a on a.id = t.app_id and a.published_id = t.version_id
    join workspaces_workspace w on w.id = t.workspace_id and w.status = 'normal'
    where t.token = %s and t.kind = 'trigger-webhook' and t.is_enabled
"""
_TRIED: Final = """
    select t.workspace_id, t.app_id, t.node_id from workflows_trigger t
    where t.debug_token = %s and t.kind = 'trigger-webhook'
"""


@dataclass(frozen=True, slots=True)
class LiveWebhook:
    """A published webhook that is switched on.

    Args:
        secret: of its signatures, None where requests need none.
    """

    trigger_id: UUID
    workspace_id: UUID
    app_id: UUID
    node_id: str
    config: TriggerWebhookConfig
    secret: str | None


@dataclass(frozen=True, slots=True)
class TriedWebhook:
    """The webhook of a draft."""

    workspace_id: UUID
    app_id: UUID
    node_id: str


async def live_webhook(token: str) -> LiveWebhook:
    """The webhook at an address.

    Raises:
        TriggerNotFound: none, or it is switched off or not published, or the workspace is archived.
        CredentialsUnreadable: its secret cannot be opened.
    """
    row = await db.fetch_one(_LIVE, token) if _may_be(token) else None
    if row is None:
        raise TriggerNotFound
    trigger_id, workspace_id, app_id, node_id, data, secret, wrapped_key = row
    opened = None if secret is None else crypto.decrypt(bytes(wrapped_key), bytes(secret))
    return LiveWebhook(trigger_id, workspace_id, app_id, node_id, read_webhook(data), opened)


async def tried_webhook(token: str) -> TriedWebhook:
    """The webhook at a test address. Raises TriggerNotFound."""
    row = await db.fetch_one(_TRIED, token) if _may_be(token) else None
    if row is None:
        raise TriggerNotFound
    return TriedWebhook(*row)


def webhook_of(flow: Mapping[str, Any], node_id: str) -> TriggerWebhookConfig:
    """The settings of a flow's webhook. Raises TriggerNotFound: it has no such node."""
    for node in trigger_nodes(flow):
        if (node.id, node.kind) == (node_id, WEBHOOK):
            return read_webhook(node.data)
    raise TriggerNotFound("The app's draft has no such webhook any more.")


def read_webhook(data: Mapping[str, Any]) -> TriggerWebhookConfig:
    """The settings of a node. Raises TriggerNotFound: they cannot be read."""
    try:
        return TriggerWebhookConfig.model_validate(data)
    except ValidationError as error:
        raise TriggerNotFound("The webhook's settings cannot be read. Look at its node.") from error


def webhook_or_none(data: Mapping[str, Any]) -> TriggerWebhookConfig | None:
    """The same for pages: None where the settings cannot be read."""
    try:
        return read_webhook(data)
    except TriggerNotFound:
        return None


def _may_be(token: str) -> bool:
    return token.isascii() and token.replace("-", "").replace("_", "").isalnum() and len(token) <= 64
