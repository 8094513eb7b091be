"""Secret environment variables of flows: sealed in every stored version with the workspace's key."""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any, Final

from apps.common import crypto
from apps.workspaces.models import Workspace

from .flows import ENVIRONMENT, is_secret

# A stored value is {"sealed": base64}: no value of an app file is a map.
SEALED: Final = "sealed"


def seal_secrets(workspace: Workspace, config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The configuration with each secret's text sealed; what is sealed already stays as it is."""

    def seal(value: Any) -> Any:
        if not isinstance(value, str) or not value:
            return value
        return {SEALED: base64.b64encode(crypto.encrypt(workspace.public_key, value)).decode()}

    return _with_secrets(config, seal)


def has_secrets(config: Mapping[str, Any]) -> bool:
    """Whether there is anything to open."""
    rows = config.get(ENVIRONMENT)
    return isinstance(rows, list) and any(map(is_secret, rows))


def open_secrets(workspace: Workspace, config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The configuration with the secrets' texts. Raises CredentialsUnreadable: SECRET_KEY has changed."""
    return open_values(bytes(workspace.wrapped_private_key), config)


def open_values(wrapped_private_key: bytes, config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same by the workspace's key as it is stored."""

    def unseal(value: Any) -> Any:
        if not isinstance(value, Mapping) or set(value) != {SEALED}:
            return value
        try:
            token = base64.b64decode(str(value[SEALED]), validate=True)
        except binascii.Error as error:
            raise crypto.CredentialsUnreadable from error
        return crypto.decrypt(wrapped_private_key, token)

    return _with_secrets(config, unseal)


def _with_secrets(config: Mapping[str, Any], change: Callable[[Any], Any]) -> Mapping[str, Any]:
    if not has_secrets(config):
        return config
    rows = config[ENVIRONMENT]
    changed = [{**row, "value": change(row.get("value"))} if is_secret(row) else row for row in rows]
    return {**config, ENVIRONMENT: changed}
