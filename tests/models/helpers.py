"""Endpoints and calls for the tests of drivers."""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db import connection
from hypothesis import strategies as st

from apps.models.catalogue import get_provider
from apps.models.contracts import (
    ChatMessage,
    ChatPiece,
    ChatRequest,
    Driver,
    Endpoint,
    ModelSpec,
    TextDelta,
    Timeouts,
)
from apps.models.drivers._openai_options import OpenAIOptions

KEY = "sk-canary-0123456789abcdef"
QUICK = Timeouts(connect_s=1, first_byte_s=0.6, idle_s=0.4)


def endpoint(
    base_url: str,
    *,
    timeouts: Timeouts = QUICK,
    options: Mapping[str, Any] | None = None,
    private: bool = True,
    key: str = KEY,
    credentials: Mapping[str, str] | None = None,
) -> Endpoint:
    provider = get_provider("openai_api_compatible")
    return Endpoint(
        provider=provider.key,
        options=OpenAIOptions.model_validate({**provider.options, **(options or {})}).model_dump(),
        credentials={"base_url": base_url, "api_key": key, **(credentials or {})},
        secrets=[key],
        timeouts=timeouts,
        private_allowed=private,
    )


def driver() -> Driver:
    return get_provider("openai_api_compatible").make_driver()


async def chat(
    where: Endpoint, model: str = "fake", text: str = "hello", request: ChatRequest | None = None
) -> list[ChatPiece]:
    request = request or ChatRequest([ChatMessage("user", text)])
    return [piece async for piece in driver().stream_chat(where, ModelSpec(model, "llm"), request)]


def text_in(pieces: Sequence[ChatPiece]) -> str:
    return "".join(piece.text for piece in pieces if isinstance(piece, TextDelta))


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    """Bytes in parts that end at these places."""
    edges = [0, *sorted(places), len(data)]
    return [data[start:end] for start, end in zip(edges, edges[1:], strict=False)]


def cuts(data: bytes) -> st.SearchStrategy[list[bytes]]:
    """All ways in which a network may cut bytes; some parts are empty."""
    return st.lists(st.integers(0, len(data)), max_size=40).map(lambda places: cut(data, places))


def random_cuts(data: bytes, count: int) -> Iterator[list[bytes]]:
    """As many of these ways, the same ones each time: far quicker than a strategy, which looks for the smallest."""
    chance = random.Random(count)  # noqa: S311 - no secret
    for _ in range(count):
        yield cut(data, [chance.randint(0, len(data)) for _ in range(chance.randint(1, 40))])


def apart(action: Callable[[], object]) -> None:
    """An action in a thread, with a connection to the database of its own that goes back to the pool."""
    try:
        action()
    finally:
        connection.close()
