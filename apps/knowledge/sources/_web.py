"""Calls of a source's JSON API through the outbound door, with its answers told apart."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Final

from apps.common import http
from apps.knowledge.errors import SourceGone, SourceRateLimited, SourceRefused, SourceUnavailable
from apps.knowledge.source_contract import Access

TRIES: Final = 4
# Longer pauses are left to the job, which gives its worker back meanwhile.
LONGEST_PAUSE_S: Final = 20.0
DEFAULT_PAUSE_S: Final = 2.0


async def call(
    access: Access,
    method: str,
    url: str,
    *,
    who: str,
    headers: Mapping[str, str],
    payload: Any = None,
    max_bytes: int = http.MAX_BODY_BYTES,
) -> http.Fetched:
    """One request; a pause the source asks for is kept if it is short.

    Args:
        who: the source's name, for sentences.
        payload: sent as JSON.

    Raises:
        SourceRefused, SourceGone, SourceRateLimited, SourceUnavailable, AddressBlocked, OutboundError.
    """
    body = None if payload is None else json.dumps(payload).encode()
    sent = dict(headers) if body is None else {**headers, "Content-Type": "application/json"}
    for attempt in range(TRIES):
        answer = await http.fetch(
            method, url, private_allowed=access.may_be_private(url), headers=sent, body=body, max_bytes=max_bytes
        )
        if not _is_throttled(answer):
            break
        pause = _pause_s(answer)
        if attempt == TRIES - 1 or pause > LONGEST_PAUSE_S:
            raise SourceRateLimited(f"{who} asks for a pause.", retry_after_s=pause)
        await asyncio.sleep(pause)
    return _checked(answer, who)


async def call_json(access: Access, method: str, url: str, *, who: str, **options: Any) -> Any:
    """The JSON of an answer. Options and errors as in `call`."""
    answer = await call(access, method, url, who=who, **options)
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise SourceUnavailable(f"{who} answered with something that is not JSON.") from error


def _is_throttled(answer: http.Fetched) -> bool:
    """429, or GitHub's way to say it: 403 with no calls left."""
    spent = answer.status == 403 and ("retry-after" in answer.headers or answer.headers.get(_LEFT) == "0")
    return answer.status == 429 or spent


_LEFT: Final = "x-ratelimit-remaining"


def _pause_s(answer: http.Fetched) -> float:
    try:
        return max(float(answer.headers.get("retry-after", DEFAULT_PAUSE_S)), 0.0)
    except ValueError:
        return DEFAULT_PAUSE_S


def _checked(answer: http.Fetched, who: str) -> http.Fetched:
    status = answer.status
    if status in {401, 403}:
        raise SourceRefused(f"{who} refuses this connection (status {status}). Connect it again.")
    if status in {404, 410}:
        raise SourceGone(f"{who} no longer has this, or this connection may not see it.")
    if status >= 500:
        raise SourceUnavailable(f"{who} answered with status {status}.")
    if status != 200:
        raise SourceRefused(f"{who} did not accept the request (status {status}).")
    return answer
