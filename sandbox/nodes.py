"""Node workers, booted before there is a job for them. Each serves one job and is gone."""

import asyncio
import os
import time
from collections import deque
from dataclasses import dataclass

from .limits import MAX_WALL_S, RunLimits
from .link import Link
from .run import Run

PER_CORE = 2
BOOTING_PER_CORE = 2
MAX_AGE_S = 300.0
BOOT_S = 10.0
MAX_FAILURES = 3


class BootError(Exception):
    """Node does not start behind the walls."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A node process that waits for its job."""

    run: Run
    feed: int
    booted_at: float


class NodePool:
    """Keeps workers ready: one while nobody asks for JavaScript, all of them once somebody does."""

    def __init__(self, link: Link, limits: RunLimits) -> None:
        self._link = link
        # A worker's processor time is set before its job is known.
        self._limits = RunLimits(wall_s=MAX_WALL_S, memory_bytes=limits.memory_bytes)
        self._ready: deque[Worker] = deque()
        self._waiting: deque[asyncio.Future[Worker]] = deque()
        self._boots: set[asyncio.Task[None]] = set()
        self._asked_at = 0.0
        self._failures = 0
        self._is_closed = False
        self._cores = os.cpu_count() or 1

    @property
    def is_broken(self) -> bool:
        """Whether node failed to boot several times in a row."""
        return self._failures >= MAX_FAILURES

    @property
    def ready_count(self) -> int:
        """Workers that wait."""
        return len(self._ready)

    async def take(self) -> Worker:
        """The worker that waits longest, or the next to boot. Raises BootError."""
        self._asked_at = time.monotonic()
        while self._ready:
            worker = self._ready.popleft()
            if not worker.run.is_over:
                self._fill()
                return worker
        future: asyncio.Future[Worker] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._fill()
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and not future.exception():
                self._hand_over(future.result())
            raise

    def tend(self) -> None:
        """Called now and then: replaces old workers, and lets go of those nobody has asked for lately."""
        now = time.monotonic()
        while self._ready and (self._ready[0].run.is_over or now - self._ready[0].booted_at > MAX_AGE_S):
            self._dismiss(self._ready.popleft())
        self._failures = 0 if not self._ready and not self._boots else self._failures
        self._fill()

    def _fill(self) -> None:
        """Boots what is missing, not more at once than there are cores."""
        is_used = time.monotonic() - self._asked_at < MAX_AGE_S and self._asked_at
        target = self._cores * PER_CORE if is_used else 1
        missing = target + len(self._waiting) - len(self._ready) - len(self._boots)
        room = self._cores * BOOTING_PER_CORE - len(self._boots)
        for _ in range(min(missing, room)):
            if not self._is_closed and not self.is_broken:
                boot = asyncio.create_task(self._boot())
                self._boots.add(boot)
                boot.add_done_callback(self._booted)

    def _booted(self, boot: asyncio.Task[None]) -> None:
        self._boots.discard(boot)
        if not boot.cancelled() and boot.exception():
            self._failures += 1
        if self.is_broken or self._is_closed:
            self._give_up()
        else:
            self._fill()

    async def _boot(self) -> None:
        run, feed = self._link.boot_node(self._limits)
        worker = Worker(run, feed, time.monotonic())
        try:
            async with asyncio.timeout(BOOT_S):
                await run.ready.wait()
        except (TimeoutError, asyncio.CancelledError):
            self._dismiss(worker)
            raise
        if run.is_over:
            os.close(feed)
            self._failures += 1
            return
        self._failures = 0
        self._hand_over(worker)

    def _hand_over(self, worker: Worker) -> None:
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(worker)
                return
        self._ready.append(worker)

    def _dismiss(self, worker: Worker) -> None:
        worker.run.stop("dismissed")
        os.close(worker.feed)

    def _give_up(self) -> None:
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_exception(BootError("node does not start behind the walls"))

    def close(self) -> None:
        """Ends all workers that have no job."""
        self._is_closed = True
        while self._ready:
            self._dismiss(self._ready.popleft())
        for boot in self._boots:
            boot.cancel()
        self._give_up()
