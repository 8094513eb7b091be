"""AWS Signature Version 4, by hand: what a request must carry to prove who sent it. No I/O.

Source: AWS, "Create a signed AWS API request" (IAM User Guide, read in November 2026). Paths are encoded once more
than they are sent, as every service but S3 wants it.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlsplit

ALGORITHM: Final = "AWS4-HMAC-SHA256"
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class AwsKeys:
    """An access key; `session_token` comes with temporary ones."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a signature is good for: one service in one region."""

    region: str
    service: str


def signed(
    method: str, url: str, headers: Mapping[str, str], body: bytes, keys: AwsKeys, scope: Scope, now: datetime
) -> dict[str, str]:
    """The headers of a request with its signature among them.

    Args:
        url: without a query; its path as it will be sent.
        headers: that shall be signed too.
        now: in UTC; AWS takes signatures that are at most five minutes old.
    """
    time = now.strftime("%Y%m%dT%H%M%SZ")
    sent = {**headers, "X-Amz-Date": time}
    if keys.session_token:
        sent["X-Amz-Security-Token"] = keys.session_token
    covered = {name.lower(): " ".join(value.split()) for name, value in {**sent, "Host": host(url)}.items()}
    names = ";".join(sorted(covered))
    signature = signature_of(method, urlsplit(url).path, covered, body, keys.secret_access_key, scope, time)
    credential = f"{keys.access_key_id}/{_scope(scope, time)}"
    sent["Authorization"] = f"{ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}"
    return sent


def signature_of(
    method: str, path: str, headers: Mapping[str, str], body: bytes, secret: str, scope: Scope, time: str
) -> str:
    """The signature of a request without a query, in hexadecimal digits.

    Args:
        headers: those that are signed; names in lower case.
        time: as in `X-Amz-Date`.
    """
    names = sorted(headers)
    lines = [method, quote(path or "/", safe="/-_.~"), "", *(f"{name}:{headers[name]}" for name in names), ""]
    request = "\n".join([*lines, ";".join(names), hashlib.sha256(body).hexdigest()])
    text = "\n".join([ALGORITHM, time, _scope(scope, time), hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for part in _scope(scope, time).split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


def host(url: str) -> str:
    """The Host header of a request to this address."""
    parts = urlsplit(url)
    name = parts.hostname or ""
    name = f"[{name}]" if ":" in name else name
    return f"{name}:{parts.port}" if parts.port and parts.port != _PORTS.get(parts.scheme) else name


def _scope(scope: Scope, time: str) -> str:
    return f"{time[:8]}/{scope.region}/{scope.service}/aws4_request"
