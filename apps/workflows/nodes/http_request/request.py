"""A node's settings as the request that is sent."""

import base64
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import json_repair

from apps.workflows.engine.contracts import NodeContext, NodeFailed
from apps.workflows.engine.ports import WebRequest
from apps.workflows.engine.variables import VariablePool, as_text, is_file
from apps.workflows.nodes.http_request.config import Authorization, Body, BodyRow, HttpConfig, Timeout

ERROR: Final = "HttpRequestNodeError"
LONGEST_S: Final = 600.0
CONNECT_S: Final = 10.0
LONGEST_CONNECT_S: Final = 300.0
_URLENCODED: Final = "application/x-www-form-urlencoded"
_REST: Final = str.maketrans("", "", "\r\n\0")


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is sent, and how it is shown in logs: keys as asterisks, files by their names."""

    request: WebRequest
    shown: str


async def prepare(config: HttpConfig, context: NodeContext) -> Prepared:
    """The request with its references resolved. Raises NodeFailed: address or body do not fit."""
    pool = context.pool
    url = pool.fill(config.url).strip()
    if not url.startswith(("http://", "https://")):
        raise NodeFailed("The address must begin with http:// or https://.", ERROR)
    secret_header, secret = _authorization(config.authorization, pool)
    body, content_type, shown_body = await _body(config.body, context)
    headers = dict(_pairs(config.headers, pool))
    if content_type and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = content_type
    if secret_header:
        headers[secret_header] = secret
    connect_s, timeout_s = _seconds(config.timeout)
    address = _with_params(url, list(_pairs(config.params, pool)))
    request = WebRequest(config.method.upper() or "GET", address, headers, body, timeout_s, connect_s)
    return Prepared(request, _shown(request, secret_header, shown_body))


def _with_params(url: str, params: list[tuple[str, str]]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(params)}" if params else url


def _authorization(settings: Authorization, pool: VariablePool) -> tuple[str, str]:
    if settings.type != "api-key" or settings.config is None:
        return "", ""
    key = pool.fill(settings.config.api_key).translate(_REST)
    header = settings.config.header.translate(_REST) or "Authorization"
    if settings.config.type == "bearer":
        return header, f"Bearer {key}"
    if settings.config.type == "basic":
        return header, f"Basic {base64.b64encode(key.encode()).decode() if ':' in key else key}"
    return header, key


def _pairs(text: str, pool: VariablePool) -> Iterator[tuple[str, str]]:
    """Lines `key:value`, the first colon divides them; a value cannot bring in a further line."""
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        name = pool.fill(name).translate(_REST).strip()
        if colon and name:
            yield name, pool.fill(value).translate(_REST).strip()


async def _body(body: Body, context: NodeContext) -> tuple[bytes | None, str, str]:
    """The bytes, their type, and what of them is shown."""
    if body.type in ("none", ""):
        return None, "", ""
    if body.type == "form-data":
        return await _multipart(body, context)
    if body.type == "x-www-form-urlencoded":
        pairs = [(context.pool.fill(row.key), context.pool.fill(row.value)) for row in body.data if row.key]
        text = urlencode(pairs)
        return text.encode(), _URLENCODED, text
    if body.type == "binary":
        return await _binary(body, context)
    text = context.pool.fill("".join(row.value for row in body.data))
    if body.type == "json":
        return _json(text)
    if body.type == "raw-text":
        return text.encode(), "text/plain", text
    raise NodeFailed(f"There is no body of type {body.type[:40]}.", ERROR)


def _json(text: str) -> tuple[bytes | None, str, str]:
    if not text.strip():
        return None, "application/json", ""
    try:
        value = json.loads(text)
    except ValueError as error:
        value = json_repair.loads(text)
        if value in ("", [], {}):
            raise NodeFailed(f"Failed to parse JSON: {error}", ERROR) from error
    written = json.dumps(value, ensure_ascii=False)
    return written.encode(), "application/json", written


async def _binary(body: Body, context: NodeContext) -> tuple[bytes | None, str, str]:
    files = [file for row in body.data for file in _files(row, context.pool)]
    if not files:
        raise NodeFailed("The file of the body is missing.", ERROR)
    data = await context.services.files.read(files[0])
    return data, str(files[0].get("mime_type") or "application/octet-stream"), f"<{files[0].get('filename')}>"


async def _multipart(body: Body, context: NodeContext) -> tuple[bytes, str, str]:
    boundary, parts, shown = secrets.token_hex(16), bytearray(), list[str]()
    for row in body.data:
        key = _quoted(context.pool.fill(row.key))
        if row.type == "file":
            for file in _files(row, context.pool):
                name, kind = (
                    str(file.get("filename") or "file"),
                    str(file.get("mime_type") or "application/octet-stream"),
                )
                head = f'form-data; name="{key}"; filename="{_quoted(name)}"\r\nContent-Type: {kind.translate(_REST)}'
                parts += _part(boundary, head, await context.services.files.read(file))
                shown.append(f"{key}: <{name}>")
        elif key:
            text = context.pool.fill(row.value)
            parts += _part(boundary, f'form-data; name="{key}"', text.encode())
            shown.append(f"{key}: {text}")
    return bytes(parts + f"--{boundary}--\r\n".encode()), f"multipart/form-data; boundary={boundary}", "\n".join(shown)


def _part(boundary: str, disposition: str, data: bytes) -> bytes:
    return f"--{boundary}\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + data + b"\r\n"


def _quoted(name: str) -> str:
    """As browsers write names in multipart forms (WHATWG HTML, "multipart/form-data")."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _files(row: BodyRow, pool: VariablePool) -> list[Mapping[str, Any]]:
    found = pool.value(row.file)
    return [file for file in (found if isinstance(found, list) else [found]) if is_file(file)]


def _seconds(timeout: Timeout) -> tuple[float, float]:
    """For the connection, and for everything together."""
    connect, read, write = (_positive(one) for one in (timeout.connect, timeout.read, timeout.write))
    connect_s = min(connect or CONNECT_S, LONGEST_CONNECT_S)
    if not read and not write:
        return connect_s, LONGEST_S
    return connect_s, min(connect_s + (read or 0) + (write or 0), LONGEST_S)


def _positive(value: Any) -> float:
    try:
        number = float(value or 0)
    except (TypeError, ValueError):
        return 0.0
    return number if 0 < number < LONGEST_S * 10 else 0.0


def _shown(request: WebRequest, secret_header: str, body: str) -> str:
    """The request as it is logged."""
    lines = [f"{request.method} {request.url}"]
    lines += [f"{name}: {'*' * 8 if name == secret_header else value}" for name, value in request.headers.items()]
    return "\n".join([*lines, "", as_text(body)])
