"""Who calls an app: the app itself, and the end user or member on whose behalf."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from apps.common.errors import InvalidParam
from apps.common.text import storable

from .choices import InvokeFrom
from .models import end_user_id
from .runtime import AppRuntime

DEFAULT_USER = "DEFAULT-USER"
MAX_USER_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: an end user named by an API caller or a visitor of the web app, or a member in the console.

    Args:
        end_user_id: with `session_id`, None for members.
        api_key_id: of the service API's key; whoever it names is the same person under any key.
    """

    invoke_from: str
    end_user_id: UUID | None = None
    session_id: str = ""
    is_anonymous: bool = False
    account_id: UUID | None = None
    api_key_id: UUID | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Access:
    """An admitted request: which app it may use, and as whom."""

    app: AppRuntime
    caller: Caller


def end_user(
    app_id: UUID,
    kind: InvokeFrom,
    session_id: str,
    *,
    is_anonymous: bool = False,
    api_key_id: UUID | None = None,
) -> Caller:
    """The end user whom callers of `kind` name `session_id`."""
    id = end_user_id(app_id, kind.value, session_id)
    return Caller(kind.value, id, session_id, is_anonymous, api_key_id=api_key_id)


def read_caller(
    fields: Mapping[str, Any], app_id: UUID, *, required: bool = True, api_key_id: UUID | None = None
) -> Caller:
    """The end user whom a caller of the service API names in `user` (service API 1.2).

    Args:
        fields: body, form or query string.
        required: else an absent name stands for the shared user DEFAULT-USER.

    Raises:
        InvalidParam: absent where required, or too long.
    """
    user = fields.get("user")
    if user is None or user == "" or isinstance(user, dict | list):
        if required:
            raise InvalidParam("Arg user must be provided.")
        user = DEFAULT_USER
    session_id = storable(str(user))
    if len(session_id) > MAX_USER_LENGTH:
        raise InvalidParam(f"user must be at most {MAX_USER_LENGTH} characters.", params="user")
    is_anonymous = session_id == DEFAULT_USER
    return end_user(app_id, InvokeFrom.SERVICE_API, session_id, is_anonymous=is_anonymous, api_key_id=api_key_id)
