"""Texts of providers without the secrets of the workspace that called them."""

import base64
import json
import re
from typing import Final
from urllib.parse import quote

from .contracts import Endpoint

MAX_WORDS: Final = 1000
MASK: Final = "****"
# Keys that an upstream echoes although they are not the ones we sent (a gateway's own).
_KEY_LIKE: Final = re.compile(r"\b(sk|gsk|xai|hf|nvapi|pk|rk)[-_][A-Za-z0-9_-]{12,}|(?<=Bearer )[^\s\"']{8,}")


def spellings(secret: str) -> list[str]:
    """A secret as it may come back, the longest first: as it is, in an address, in JSON, in base64."""
    in_json = json.dumps(secret)[1:-1]
    in_base64 = base64.b64encode(secret.encode()).decode().rstrip("=")
    found = {secret, quote(secret, safe=""), in_json, in_json.replace("/", "\\/"), in_base64}
    return sorted(found, key=len, reverse=True)


def words(endpoint: Endpoint, text: str) -> str:
    """A provider's text as it may be shown: secrets masked first, so that trimming cannot leave half of one."""
    for secret in endpoint.secrets:
        for spelling in spellings(secret):
            text = text.replace(spelling, MASK)
    return _KEY_LIKE.sub(MASK, text)[:MAX_WORDS].replace("\0", "").strip()
