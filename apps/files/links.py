"""Links to uploads for people and model providers, who show no key: signed, and good for a while."""

import hashlib
import hmac
import secrets
import time
from functools import cache
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings


def file_url(upload_id: UUID, *, base_url: str = "") -> str:
    """A link to an upload, good for FILES_ACCESS_TIMEOUT seconds.

    Args:
        base_url: scheme and host where the reader stands elsewhere; FILES_URL goes before it.
    """
    timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
    query = urlencode({"timestamp": timestamp, "nonce": nonce, "sign": _sign(upload_id, timestamp, nonce)})
    return f"{(settings.FILES_URL or base_url).rstrip('/')}/files/{upload_id}/file-preview?{query}"


def is_valid(upload_id: UUID, *, timestamp: str, nonce: str, sign: str) -> bool:
    """Whether these are the query of a link made here that has not run out."""
    if not hmac.compare_digest(_sign(upload_id, timestamp, nonce).encode(), sign.encode("utf-8", "replace")):
        return False
    return timestamp.isdecimal() and time.time() - int(timestamp) <= settings.FILES_ACCESS_TIMEOUT


def _sign(upload_id: UUID, timestamp: str, nonce: str) -> str:
    text = f"{upload_id}|{timestamp}|{nonce}".encode("utf-8", "replace")
    return hmac.digest(_key(), text, hashlib.sha256).hex()


@cache
def _key() -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), b"file links", hashlib.sha256)
