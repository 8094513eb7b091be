"""Calls to a model, a few at a time, whose answers are committed as they come.

Whatever has come back is written at once, all of it in one transaction, and nobody asks for more before their own
answer is committed. So what a crash can waste is bounded by `CALLS * CALL_TEXTS` texts, and what was paid for outlives
a restart of the database in memory.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from apps.common import db
from apps.common.errors import Unavailable

from .embedding import Embedder

log = logging.getLogger(__name__)
CALLS: Final = 4
# The most texts in one call.
CALL_TEXTS: Final = 64
# Segments in one step where nothing is embedded.
WORDS_ONLY: Final = 256
# How long answers wait in memory for the database, and between two tries.
OUTAGE_S: Final = 60.0
PAUSE_S: Final = 0.3

Text = TypeVar("Text")
Done = TypeVar("Done")


def call_size(embedder: Embedder) -> int:
    """How many texts go into one call."""
    return min(embedder.handle.spec.batch_size, CALL_TEXTS) if embedder.handle else WORDS_ONLY


class Pipeline(Generic[Text, Done]):
    """Some texts on their way through the model into tables.

    Args:
        texts: all of them, `size` for each call.
        embed: one call.
        write: one transaction, for the answers of one or more calls; it may be tried again after it has committed.
    """

    def __init__(
        self,
        texts: Sequence[Text],
        size: int,
        embed: Callable[[Sequence[Text]], Awaitable[Sequence[Done]]],
        write: Callable[[Sequence[Done]], Awaitable[None]],
    ) -> None:
        self._calls = deque(texts[start : start + size] for start in range(0, len(texts), size))
        self._embed, self._write = embed, write
        self._done: list[Done] = []
        self._writing = asyncio.Lock()
        self._failure: BaseException | None = None

    async def run(self) -> None:
        """What was embedded is stored even if other calls fail; the first failure is raised."""
        await asyncio.gather(*(self._work() for _ in range(CALLS)))
        if self._failure is not None:
            raise self._failure

    async def _work(self) -> None:
        while self._calls and self._failure is None:
            try:
                await self._store(await self._embed(self._calls.popleft()))
            except Exception as error:  # noqa: BLE001 - the others finish what they have paid for; `run` raises it
                self._failure = self._failure or error

    async def _store(self, done: Sequence[Done]) -> None:
        """Returns when this is committed, perhaps together with others' and by them."""
        self._done += done
        async with self._writing:
            together, self._done = self._done, []
            if together:
                await self._persist(together)

    async def _persist(self, done: Sequence[Done]) -> None:
        deadline = time.monotonic() + OUTAGE_S
        while True:
            try:
                return await self._write(done)
            except Unavailable:
                if time.monotonic() > deadline:
                    raise
            log.warning("no database; %d embedded texts wait for it", len(done))
            await asyncio.sleep(PAUSE_S)
            await db.until_back(deadline - time.monotonic())
