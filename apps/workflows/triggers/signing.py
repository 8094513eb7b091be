"""Signatures of webhooks after the specification Standard Webhooks (standardwebhooks.com, version 1.0.0).

Signed are id, time and body: `webhook-signature: v1,<base64 of HMAC-SHA256("id.timestamp.body")>`; several signatures
are parted by spaces. A secret is `whsec_` and the key in base64.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Final

from apps.workflows.errors import InvalidSignature

ID: Final = "webhook-id"
TIMESTAMP: Final = "webhook-timestamp"
SIGNATURE: Final = "webhook-signature"
TOLERANCE_S: Final = 300
_PREFIX: Final = "whsec_"


def new_secret() -> str:
    """A secret of 256 bits."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def sign(secret: str, delivery_id: str, timestamp_s: int, body: bytes) -> str:
    """The header that goes with a request. Raises binascii.Error: the secret is none."""
    key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    signed = f"{delivery_id}.{timestamp_s}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def verify(secret: str, headers: Mapping[str, str], body: bytes, now_s: float) -> str:
    """The id of a signed delivery.

    Args:
        headers: names in lower case.
        now_s: Unix seconds; a signature counts five minutes before and after its time.

    Raises:
        InvalidSignature.
    """
    delivery_id, timestamp = headers.get(ID, ""), headers.get(TIMESTAMP, "")
    if not delivery_id or not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) < 15):
        raise InvalidSignature
    if abs(now_s - int(timestamp)) > TOLERANCE_S:
        raise InvalidSignature("The signature is too old, or the clocks differ by more than five minutes.")
    try:
        right = sign(secret, delivery_id, int(timestamp), body).encode()
    except binascii.Error as error:
        raise InvalidSignature from error
    given = headers.get(SIGNATURE, "").encode(errors="replace").split(b" ")
    if not any(hmac.compare_digest(right, one) for one in given):
        raise InvalidSignature("The signature does not fit the request. Sign the body as it is sent.")
    return delivery_id
