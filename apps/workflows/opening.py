"""A flow as it is run: with the texts of its secrets, and the values that are there from the beginning."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from apps.common import db
from apps.prompts.flows import ENVIRONMENT, is_secret, variables_of
from apps.prompts.secret_values import has_secrets, open_values

_PRIVATE_KEY = "select wrapped_private_key from workspaces_workspace where id = %s"


async def opened(flow: Mapping[str, Any], workspace_id: UUID) -> Mapping[str, Any]:
    """The flow with the texts of its secrets. Raises CredentialsUnreadable: SECRET_KEY has changed."""
    if not has_secrets(flow):
        return flow
    row = await db.fetch_one(_PRIVATE_KEY, workspace_id)
    return open_values(bytes(row[0]), flow) if row is not None else flow


def secrets_of(flow: Mapping[str, Any]) -> list[str]:
    """The texts that must not be told or stored."""
    return [str(row.get("value")) for row in variables_of(flow, ENVIRONMENT) if is_secret(row)]


def environment_of(flow: Mapping[str, Any]) -> dict[str, Any]:
    """The environment variables' values by name."""
    return {str(row["name"]): row.get("value") for row in variables_of(flow, ENVIRONMENT)}
