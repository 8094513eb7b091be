"""One visit to a web address: redirects followed by hand, each checked like the first address."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit

from apps.common import http
from apps.knowledge.errors import SourceGone, SourceRateLimited, SourceRefused, SourceUnavailable
from apps.knowledge.source_contract import Access

MAX_REDIRECTS: Final = 5
TIMEOUT_S: Final = 20.0
MAX_HTML_BYTES: Final = 3 * 2**20
MAX_FILE_BYTES: Final = 15 * 2**20
READABLE: Final = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "application/pdf": "pdf",
    "text/plain": "txt",
    "text/markdown": "md",
}
_ACCEPT: Final = "text/html,application/xhtml+xml,application/pdf;q=0.9,text/markdown;q=0.8,text/plain;q=0.7"
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
DEFAULT_PAUSE_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Visited:
    """What was found.

    Args:
        url: where the redirects led.
        extension: of the file: html, pdf, txt, md.
    """

    url: str
    extension: str
    data: bytes


class LedAway(SourceRefused):
    """A redirect to where the visitor may not follow."""

    default_message = "The page leads to an address outside of what may be read."


async def visit(access: Access, url: str, *, may_follow: Callable[[str], bool] = lambda url: True) -> Visited:
    """Reads an address.

    Args:
        may_follow: whether a redirect may lead to this URL.

    Raises:
        SourceGone, SourceRefused, SourceRateLimited, SourceUnavailable: by status; or it is no text, nor a PDF.
        LedAway: a redirect leads elsewhere.
        AddressBlocked, OutboundError.
    """
    for _ in range(MAX_REDIRECTS + 1):
        step = await _step(access, url)
        if isinstance(step, Visited):
            return step
        if not may_follow(step):
            raise LedAway
        url = step
    raise SourceRefused("The page redirects too often.")


async def _step(access: Access, url: str) -> Visited | str:
    """The answer, or where it sends the visitor."""
    async with _opened(access, url) as answer:
        if answer.status in _REDIRECTS:
            return _target(url, answer.headers.get("Location", ""))
        _check(answer)
        extension = _extension(answer)
        limit = MAX_HTML_BYTES if extension == "html" else MAX_FILE_BYTES
        data = await answer.read_all(limit + 1)
        if len(data) > limit:
            raise http.ResponseTooLarge
        return Visited(url, extension, data)


def _target(url: str, location: str) -> str:
    try:
        target = urljoin(url, location)
        named = bool(location) and urlsplit(target).port != 0
    except ValueError:
        named = False
    if not named:
        raise SourceUnavailable("The page redirects to nowhere.")
    return target


@asynccontextmanager
async def _opened(access: Access, url: str) -> AsyncIterator[http.Answer]:
    """An address's answer; all of it must come within the time."""
    try:
        async with (
            asyncio.timeout(TIMEOUT_S),
            http.stream(
                "GET", url, private_allowed=access.may_be_private(url), headers={"Accept": _ACCEPT}, idle_s=TIMEOUT_S
            ) as answer,
        ):
            yield answer
    except TimeoutError as error:
        raise http.Stalled(TIMEOUT_S) from error


def _check(answer: http.Answer) -> None:
    status = answer.status
    if status in {404, 410}:
        raise SourceGone("The page is not there any more.")
    if status in {429, 503}:
        raise SourceRateLimited("The site asks for a pause.", retry_after_s=_pause_s(answer))
    if status >= 500:
        raise SourceUnavailable(f"The site answered with status {status}.")
    if status != 200:
        raise SourceRefused(f"The site does not show this page (status {status}).")


def _pause_s(answer: http.Answer) -> float:
    told = answer.headers.get("Retry-After", "")
    return float(told) if told.isdecimal() and len(told) < 6 else DEFAULT_PAUSE_S


def _extension(answer: http.Answer) -> str:
    kind = answer.headers.get("Content-Type", "text/html").partition(";")[0].strip().lower()
    if kind not in READABLE:
        raise SourceRefused(f"This is no page of text ({kind[:60]}).")
    return READABLE[kind]
