"""A node's settings as the request that is sent."""

import base64
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from apps.prompts.shapes import as_map
from apps.workflows.engine.contracts import NodeFailed
from apps.workflows.engine.variables import VariablePool

TYPES: Final = {
    "json": "application/json",
    "x-www-form-urlencoded": "application/x-www-form-urlencoded",
    "raw-text": "text/plain",
}
LONGEST_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent.

    Args:
        secret_header: whose value is not logged.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    params: Sequence[tuple[str, str]]
    body: bytes | None
    timeout_s: float
    secret_header: str = ""


def request_of(data: Mapping[str, Any], pool: VariablePool) -> Request:
    """The request with its references resolved. Raises NodeFailed: the body does not fit its type."""
    secret_header, secret = _authorization(data, pool)
    body, content_type = _body(as_map(data.get("body")), pool)
    headers = dict(_pairs(data.get("headers"), pool))
    if content_type and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = content_type
    if secret_header:
        headers[secret_header] = secret
    return Request(
        method=str(data.get("method") or "get").upper(),
        url=pool.fill(str(data.get("url") or "")).strip(),
        headers=headers,
        params=list(_pairs(data.get("params"), pool)),
        body=body,
        timeout_s=_timeout_s(as_map(data.get("timeout"))),
        secret_header=secret_header,
    )


def _authorization(data: Mapping[str, Any], pool: VariablePool) -> tuple[str, str]:
    settings = as_map(data.get("authorization"))
    config = as_map(settings.get("config"))
    if settings.get("type") != "api-key" or not config:
        return "", ""
    key, header = pool.fill(str(config.get("api_key") or "")), str(config.get("header") or "Authorization")
    if config.get("type") == "bearer":
        return header, f"Bearer {key}"
    if config.get("type") == "basic":
        return header, f"Basic {base64.b64encode(key.encode()).decode() if ':' in key else key}"
    return header, key


def _pairs(text: Any, pool: VariablePool) -> Iterator[tuple[str, str]]:
    """Lines `key:value`; the first colon divides them."""
    for line in pool.fill(str(text or "")).splitlines():
        name, colon, value = line.partition(":")
        if colon and name.strip():
            yield name.strip(), value.strip()


def _body(settings: Mapping[str, Any], pool: VariablePool) -> tuple[bytes | None, str]:
    kind, given = str(settings.get("type") or "none"), settings.get("data")
    if kind in ("none", ""):
        return None, ""
    if kind in ("form-data", "x-www-form-urlencoded"):
        rows = list(_form(given, pool))
        return (urlencode(rows).encode(), TYPES[kind]) if kind != "form-data" else _multipart(rows)
    if kind not in TYPES:
        raise NodeFailed(f"Bodies of type {kind[:40]} are not sent by this version.", "HttpRequestNodeError")
    text = given if isinstance(given, str) else "".join(str(as_map(row).get("value") or "") for row in given or ())
    filled = pool.fill(text)
    if kind == "json":
        try:
            filled = json.dumps(json.loads(filled), ensure_ascii=False)
        except ValueError as error:
            raise NodeFailed(f"Failed to parse JSON: {error}", "HttpRequestNodeError") from error
    return filled.encode(), TYPES[kind]


def _form(given: Any, pool: VariablePool) -> Iterator[tuple[str, str]]:
    if isinstance(given, str):
        yield from _pairs(given, pool)
        return
    for row in map(as_map, given or ()):
        if row.get("type") == "file":
            raise NodeFailed("Files are not sent by this version.", "HttpRequestNodeError")
        if row.get("key"):
            yield pool.fill(str(row["key"])), pool.fill(str(row.get("value") or ""))


def _multipart(rows: Sequence[tuple[str, str]]) -> tuple[bytes, str]:
    boundary = secrets.token_hex(16)
    head = '--{}\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    parts = [head.format(boundary, name.replace('"', "%22"), value) for name, value in rows]
    return "".join([*parts, f"--{boundary}--\r\n"]).encode(), f"multipart/form-data; boundary={boundary}"


def _timeout_s(settings: Mapping[str, Any]) -> float:
    found = [
        value for name in ("connect", "read", "write") if isinstance(value := settings.get(name), int) and value > 0
    ]
    return min(float(sum(found)), LONGEST_S) if found else LONGEST_S
