"""What a visitor of a public page shows instead of a key: a signed statement of which app and which end user.

A JSON Web Token (RFC 7519), HS256 under a key derived from SECRET_KEY, with the claims of the original (contracts:
extensions 5.5). It has no expiry: switching the page off or changing its address makes it useless.
"""

import hashlib
import hmac
from collections.abc import Mapping
from functools import cache
from typing import Any, Final
from uuid import UUID, uuid4

import jwt
from django.conf import settings

from apps.common.crypto import secret_keys
from apps.common.errors import NotFound, Unauthorized
from apps.common.ids import parse_uuid
from apps.prompts.callers import MAX_USER_LENGTH, Access, end_user
from apps.prompts.choices import InvokeFrom
from apps.prompts.runtime import AppRuntime, app_by_id

SUBJECT: Final = "Web API Passport"


class PassportInvalid(Unauthorized):
    """Forged, damaged, or of a page that is closed or has moved."""

    default_message = "The page's session is not valid any more. Reload the page."


def issue(app: AppRuntime, session_id: str | None = None) -> str:
    """A passport to the app's page.

    Args:
        session_id: who the embedding site says this is; else a new anonymous visitor.
    """
    session = session_id[:MAX_USER_LENGTH] if session_id else str(uuid4())
    claims = {
        "iss": str(app.app_id),
        "sub": SUBJECT,
        "app_id": str(app.app_id),
        "workspace_id": str(app.workspace_id),
        "app_code": app.site_code,
        "end_user_id": str(end_user(app.app_id, InvokeFrom.WEB_APP, session).end_user_id),
        "session_id": session,
        "is_anonymous": not session_id,
    }
    return jwt.encode(claims, _key(settings.SECRET_KEY), algorithm="HS256")


async def read(token: str) -> Access:
    """The app and visitor of a passport.

    Raises:
        PassportInvalid: not ours, or the page was closed or moved since.
        WorkspaceArchived.
    """
    claims = _claims(token)
    app_id, workspace_id = parse_uuid(claims.get("app_id")), parse_uuid(claims.get("workspace_id"))
    session = claims.get("session_id")
    if app_id is None or workspace_id is None or not isinstance(session, str):
        raise PassportInvalid
    app = await _app(app_id, workspace_id)
    if not app.enable_site:
        raise PassportInvalid("Site is disabled.")
    if app.site_code != claims.get("app_code"):
        raise PassportInvalid("Site URL is no longer valid.")
    visitor = end_user(app_id, InvokeFrom.WEB_APP, session, is_anonymous=bool(claims.get("is_anonymous")))
    return Access(app, visitor)


async def _app(app_id: UUID, workspace_id: UUID) -> AppRuntime:
    try:
        return await app_by_id(app_id, workspace_id)
    except NotFound as error:
        raise PassportInvalid from error


def _claims(token: str) -> Mapping[str, Any]:
    """What a passport of ours says, signed under any key that is still accepted. Raises PassportInvalid."""
    problem: Exception | None = None
    for secret_key in secret_keys():
        try:
            claims: Mapping[str, Any] = jwt.decode(
                token, _key(secret_key), algorithms=["HS256"], options={"require": ["sub"]}, subject=SUBJECT
            )
        except jwt.InvalidTokenError as error:
            problem = error
        else:
            return claims
    raise PassportInvalid from problem


@cache
def _key(secret_key: str) -> bytes:
    return hmac.digest(secret_key.encode(), b"web passport", hashlib.sha256)
