"""The sandbox: chooses its level, keeps a fork server and node workers, lets a bounded number of runs go on."""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import selftest
from .errors import Refusal, busy, unavailable
from .inside.plan import FULL, LANDLOCK, NONE
from .kernel import calls, landlock
from .limits import MAX_RUNS_OF_SERVER, MAX_WALL_S, QUEUE, QUEUE_WAIT_S, SERVER_GROWTH, slots
from .link import Link, StartError
from .nodes import BootError, NodePool
from .run import Outcome, Run
from .settings import Settings
from .surroundings import Surroundings, look, plan
from .wire import Request

LANDLOCK_WITH_NETWORK = 4  # the version that knows TCP
TEST_EVERY_S = 180.0
TEND_EVERY_S = 15.0
RESTART_PAUSES_S = (0.0, 0.5, 2.0, 10.0)
PAGE_KB = os.sysconf("SC_PAGESIZE") // 1024

log = logging.getLogger("sandbox")


@dataclass(frozen=True, slots=True)
class Walls:
    """A fork server that passed its test, with its node workers."""

    level: int
    link: Link
    nodes: NodePool | None
    resident_kb: int

    def close(self) -> None:
        """Ends both, and every run."""
        if self.nodes:
            self.nodes.close()
        self.link.close()


class Service:
    """Runs requests behind the strongest walls there are, or refuses them."""

    def __init__(self, settings: Settings, port: int) -> None:
        self._settings, self._port = settings, port
        self._found: Surroundings = look(settings)
        self._walls: Walls | None = None
        self._refusal = ""  # why nothing is run; while it is empty and there are no walls, they are being built
        self._javascript = "" if self._found.node else "node is not installed"
        self._built, self._building = asyncio.Event(), asyncio.Lock()
        self._slots = asyncio.Semaphore(slots())
        self._waiting = self._running = self._total = self._restarts = 0
        self._tested_at = time.monotonic()
        self._background: set[asyncio.Task[None]] = set()

    @property
    def level(self) -> int:
        """2, 1, or 0: nothing is run."""
        return self._walls.level if self._walls else NONE

    async def start(self) -> None:
        """Chooses the level; afterwards runs are taken or refused."""
        await self._build()
        self._spawn(self._every(TEND_EVERY_S, self._tend))
        self._spawn(self._every(TEST_EVERY_S, self.test))

    def close(self) -> None:
        """Ends everything."""
        for task in list(self._background):
            task.cancel()
        if self._walls:
            self._walls.close()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _every(self, pause_s: float, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        while True:
            await asyncio.sleep(pause_s)
            await work()

    # Runs

    async def run(self, request: Request) -> Outcome:
        """Runs a request once there is a slot for it.

        Raises:
            Refusal: sandbox_unavailable, busy, sandbox_setup_failed, sandbox_restarted.
        """
        self._check(request)
        if self._waiting >= QUEUE:
            raise busy(self._waiting)
        self._waiting += 1
        try:
            await self._wait_for_slot()
        finally:
            self._waiting -= 1
        self._running += 1
        try:
            return await self._perform(await self._standing(), request)
        finally:
            self._running -= 1
            self._slots.release()

    def _check(self, request: Request) -> None:
        if self._refusal:
            raise unavailable(self._refusal)
        if request.engine == "node" and self._javascript:
            raise unavailable(f"no JavaScript, {self._javascript}")

    async def _wait_for_slot(self) -> None:
        try:
            async with asyncio.timeout(QUEUE_WAIT_S):
                await self._slots.acquire()
        except TimeoutError:
            raise busy(self._waiting) from None

    async def _standing(self) -> Walls:
        """The walls, if need be after a restart. Raises Refusal."""
        while self._walls is None:
            if self._refusal:
                raise unavailable(self._refusal)
            await self._built.wait()
        return self._walls

    async def _perform(self, walls: Walls, request: Request) -> Outcome:
        self._total += 1
        if request.engine == "node":
            return await (await self._node(walls, request)).wait()
        return await walls.link.run(request.payload, request.limits).wait()

    async def _node(self, walls: Walls, request: Request) -> Run:
        while True:
            if walls.nodes is None:
                raise unavailable(f"no JavaScript, {self._javascript}")
            try:
                worker = await walls.nodes.take()
                break
            except BootError as error:
                if walls is self._walls:
                    raise unavailable(f"no JavaScript, {error}") from None
                walls = await self._standing()  # these are being replaced; nothing has run yet
        worker.run.limits = request.limits
        worker.run.start_clock()
        worker.run.feed(worker.feed, request.payload)
        return worker.run

    # Walls

    async def _build(self) -> None:
        """The strongest level whose walls can be built and hold; else a refusal."""
        async with self._building:
            if self._walls is None:
                await self._build_walls()

    async def _build_walls(self) -> None:
        self._built.clear()
        self._refusal, reasons = "", []
        try:
            for level in range(FULL, self._settings.min_level - 1, -1):
                try:
                    self._walls = await self._stand(level)
                    break
                except (StartError, Refusal) as error:
                    reasons.append(f"level {level}: {error}")
            else:
                self._refusal = "; ".join(reasons)
        except (selftest.SurpriseError, calls.UnknownMachineError) as error:
            self._refusal = str(error)
        self._tested_at = time.monotonic()
        self._built.set()
        log.warning("level %d%s", self.level, f": {self._refusal}" if self._refusal else "")

    async def _stand(self, level: int) -> Walls:
        """Raises StartError or Refusal if the walls cannot be built, SurpriseError if they do not hold."""
        calls.machine()
        if level == LANDLOCK and landlock.version() < LANDLOCK_WITH_NETWORK:
            raise StartError("the kernel has no Landlock of version 4 or later")
        link = Link(plan(self._found, level), self._on_death)
        await link.start()
        try:
            await selftest.test_python(link, self._port)
            nodes = await self._nodes(link)
        except BaseException:
            link.close()
            raise
        return Walls(level, link, nodes, _resident_kb(link))

    async def _nodes(self, link: Link) -> NodePool | None:
        """Node workers. Where node does not start there are none, and Python is run all the same."""
        if not self._found.node:
            return None
        try:
            await selftest.test_node(link)
        except selftest.NoStartError as error:
            self._javascript = str(error)
            return None
        self._javascript = ""
        nodes = NodePool(link, self._settings.limits)
        nodes.tend()
        return nodes

    def _on_death(self, link: Link) -> None:
        if self._walls and self._walls.link is link:
            log.error("the fork server has ended; another is started")
            self._restarts += 1
            self._walls.close()
            self._walls = None
            self._built.clear()
            self._spawn(self._restart())

    async def _restart(self) -> None:
        for pause_s in RESTART_PAUSES_S:
            await asyncio.sleep(pause_s)
            await self._build()
            if self._walls:
                return

    async def test(self) -> None:
        """Tests the walls that stand, in new processes; what does not hold is torn down."""
        if self._walls is None:
            if self._refusal:
                await self._build()
            return
        walls = self._walls
        try:
            await selftest.test_python(walls.link, self._port)
            if walls.nodes:
                await selftest.test_node(walls.link)
            self._tested_at = time.monotonic()
        except (selftest.SurpriseError, selftest.NoStartError, Refusal) as error:
            if self._walls is walls:
                log.error("the walls do not hold: %s", error)
                self._refusal, self._walls = str(error), None
                walls.close()

    async def _tend(self) -> None:
        """Replaces a fork server that has grown or served long, and what has waited long."""
        walls = self._walls
        if walls is None:
            return
        if walls.nodes:
            walls.nodes.tend()
        if walls.link.count < MAX_RUNS_OF_SERVER and _resident_kb(walls.link) < walls.resident_kb * SERVER_GROWTH:
            return
        try:
            fresh = await self._stand(walls.level)
        except (StartError, Refusal, selftest.SurpriseError) as error:
            log.error("the fork server could not be replaced: %s", error)
            return
        if self._walls is not walls:  # the old one has died meanwhile, and has a successor already
            fresh.close()
            return
        self._walls = fresh
        log.warning("the fork server was replaced after %d runs", walls.link.count)
        if walls.nodes:
            walls.nodes.close()
        self._spawn(self._retire(walls))

    async def _retire(self, walls: Walls) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(MAX_WALL_S + TEND_EVERY_S):
                for run in list(walls.link.runs.values()):
                    await run.over()
        walls.close()

    def health(self) -> dict[str, Any]:
        """What `/health` shows."""
        walls = self._walls
        return {
            "status": "ok" if walls else "unavailable",
            "level": self.level,
            "min_level": self._settings.min_level,
            "reason": self._refusal or ("" if walls else "the walls are being built"),
            "landlock": walls.link.landlock_version if walls else 0,
            "languages": {
                "python3": "ok" if walls else "unavailable",
                "jinja2": "ok" if walls else "unavailable",
                "javascript": "ok" if walls and walls.nodes and not walls.nodes.is_broken else self._no_javascript(),
            },
            "packages": {
                "loaded": sorted(set(self._found.packages) - _names(walls)),
                "failed": walls.link.missing if walls else [],
                "not_installed": list(self._found.absent),
            },
            "running": self._running,
            "waiting": self._waiting,
            "runs": self._total,
            "restarts": self._restarts,
            "tested_s_ago": round(time.monotonic() - self._tested_at, 1),
        }

    def _no_javascript(self) -> str:
        return f"unavailable: {self._javascript or 'node does not start'}"


def _names(walls: Walls | None) -> set[str]:
    return {text.partition(":")[0] for text in walls.link.missing} if walls else set()


def _resident_kb(link: Link) -> int:
    return int(Path(f"/proc/{link.pid}/statm").read_text().split()[1]) * PAGE_KB if link.pid else 0
