"""An Unstructured server: a file goes out, its elements come back (its API `general/v0/general`)."""

import json
from secrets import token_hex
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from apps.common import http

from .errors import EtlServiceFailed, UnreadableFile

_PATH: Final = "/general/v0/general"


async def partition(data: bytes, extension: str) -> str:
    """The text of a file's elements, one to a line.

    Raises:
        UnreadableFile: the server refuses the file.
        EtlServiceFailed, OutboundError: it fails, is overloaded, refuses the key, or is not there.
    """
    kind, body = _form(data, extension)
    headers = {"Content-Type": kind, "Accept": "application/json"}
    if settings.UNSTRUCTURED_API_KEY:
        headers["unstructured-api-key"] = settings.UNSTRUCTURED_API_KEY
    answer = await http.fetch(
        "POST",
        _address(settings.UNSTRUCTURED_API_URL),
        private_allowed=True,  # the operator names it, and it usually runs beside the product
        headers=headers,
        body=body,
        max_bytes=settings.PARSING_OUTPUT_MB << 20,
        timeout_s=settings.PARSING_TIMEOUT_S,
    )
    if answer.status in {400, 413, 415, 422}:
        raise UnreadableFile(f"The Unstructured server cannot read this .{extension} file (status {answer.status}).")
    if answer.status != 200:
        raise EtlServiceFailed(f"The Unstructured server answered with status {answer.status}.")
    return _text(answer.body)


def _address(url: str) -> str:
    """The URL as it stands, or with the API's path where it names a server only."""
    return url if urlsplit(url).path.strip("/") else url.rstrip("/") + _PATH


def _form(data: bytes, extension: str) -> tuple[str, bytes]:
    """Content type and body. The file's own name is nobody's business; its extension tells the type."""
    boundary = token_hex(16)
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="strategy"\r\n\r\nauto\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="document.{extension}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return f"multipart/form-data; boundary={boundary}", b"%b%b\r\n--%b--\r\n" % (
        head.encode(), data, boundary.encode(),
    )  # fmt: skip


def _text(body: bytes) -> str:
    try:
        found = json.loads(body)
        return "\n".join(element["text"] for element in found if element.get("text"))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise EtlServiceFailed from error
