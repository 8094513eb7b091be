"""Links to uploads for people and model providers, who show no key: signed, and good for a while."""

import hashlib
import hmac
import secrets
import time
from functools import cache
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings

from apps.common.crypto import secret_keys


def file_url(upload_id: UUID, *, base_url: str = "") -> str:
    """A link to an upload, good for FILES_ACCESS_TIMEOUT seconds.

    Args:
        base_url: scheme and host where the reader stands elsewhere; FILES_URL goes before it.
    """
    timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
    query = urlencode(
        {"timestamp": timestamp, "nonce": nonce, "sign": _sign(upload_id, timestamp, nonce, settings.SECRET_KEY)}
    )
    return f"{(settings.FILES_URL or base_url).rstrip('/')}/files/{upload_id}/file-preview?{query}"


def is_valid(upload_id: UUID, *, timestamp: str, nonce: str, sign: str) -> bool:
    """Whether these are the query of a link made here that has not run out."""
    given = sign.encode("utf-8", "replace")
    signs = [_sign(upload_id, timestamp, nonce, secret_key).encode() for secret_key in secret_keys()]
    if not any(hmac.compare_digest(sign, given) for sign in signs):
        return False
    return timestamp.isdecimal() and time.time() - int(timestamp) <= settings.FILES_ACCESS_TIMEOUT


def _sign(upload_id: UUID, timestamp: str, nonce: str, secret_key: str) -> str:
    text = f"{upload_id}|{timestamp}|{nonce}".encode("utf-8", "replace")
    return hmac.digest(_key(secret_key), text, hashlib.sha256).hex()


@cache
def _key(secret_key: str) -> bytes:
    return hmac.digest(secret_key.encode(), b"file links", hashlib.sha256)
