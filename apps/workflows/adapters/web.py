"""Addresses of the internet, for nodes of flows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final
from urllib.parse import urljoin, urlsplit

from django.conf import settings

from apps.common import http
from apps.common.errors import AppError
from apps.workflows.engine.contracts import NodeFailed
from apps.workflows.engine.ports import WebAnswer, WebRequest

from .sandbox import sandbox_key

ERROR: Final = "HttpRequestNodeError"
MAX_ANSWER_BYTES: Final = 10 * 2**20
REDIRECTS: Final = 10
# Files name the original's code sandbox so; here it is this product's own, at its own address.
SANDBOX: Final = "sandbox:8194"
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_OF_ONE_HOST: Final = frozenset({"authorization", "cookie", "x-api-key"})


@dataclass(frozen=True, slots=True)
class Internet:
    """See `engine.ports.Web`. Addresses of inner networks are refused but for hosts the operator has named."""

    async def fetch(self, request: WebRequest) -> WebAnswer:
        """Calls it by the guarded client, and follows where it is sent on to; each address is checked anew."""
        for _ in range(REDIRECTS + 1):
            answer = await _once(request)
            goal = answer.headers.get("location")
            if answer.status not in _MOVED or not goal:
                return answer
            request = _redirected(request, answer.status, urljoin(request.url, goal))
        raise NodeFailed(f"The server sends the request on more than {REDIRECTS} times.", ERROR)


async def _once(request: WebRequest) -> WebAnswer:
    is_private, request = _known(request)
    try:
        answer = await http.fetch(
            request.method,
            request.url,
            private_allowed=is_private,
            headers=request.headers,
            body=request.body,
            max_bytes=MAX_ANSWER_BYTES,
            connect_s=request.connect_s,
            timeout_s=request.timeout_s,
        )
    except AppError as error:
        raise NodeFailed(error.message, ERROR) from error
    return WebAnswer(answer.status, answer.headers, answer.body)


def _known(request: WebRequest) -> tuple[bool, WebRequest]:
    """Whether the host may have a private address; the sandbox's name is made its address."""
    try:
        parts = urlsplit(request.url)
        host = (parts.hostname or "").casefold()
    except ValueError:
        return False, request
    if parts.netloc == SANDBOX and (key := sandbox_key()):
        url = parts._replace(netloc=f"{settings.SANDBOX_HOST}:{settings.SANDBOX_PORT}").geturl()
        headers = {name: value for name, value in request.headers.items() if name.lower() != "x-api-key"}
        return True, replace(request, url=url, headers={**headers, "X-Api-Key": key})
    hosts = {name.casefold() for name in settings.WORKFLOW_PRIVATE_HOSTS}
    return "*" in hosts or host in hosts, request


def _redirected(request: WebRequest, status: int, url: str) -> WebRequest:
    """The next request (RFC 9110, 15.4): a form that was taken in is not sent again, secrets stay with their host."""
    headers: Mapping[str, str] = request.headers
    if _origin(url) != _origin(request.url):
        headers = {name: value for name, value in headers.items() if name.lower() not in _OF_ONE_HOST}
    is_kept = status in (HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT)
    if is_kept or request.method in ("GET", "HEAD"):
        return replace(request, url=url, headers=headers)
    headers = {name: value for name, value in headers.items() if name.lower() != "content-type"}
    return replace(request, method="GET", url=url, headers=headers, body=None)


def _origin(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise NodeFailed("The server sends the request on to what is no address.", ERROR) from error
    return parts.scheme, parts.netloc
