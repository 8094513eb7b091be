"""Runs alive in this process: each in a task of its own, its events kept for readers who come, leave and come back."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from uuid import UUID

from django.conf import settings

from apps.common import caching, notify
from apps.common.errors import AppError, InternalError
from apps.common.lifespan import on_start, on_stop, time_left_s
from apps.common.run_events import TERMINAL, Envelope, FlowEnd, FlowPause, MessageEnd, RunError, RunEvent, is_terminal
from apps.logs import writer
from apps.logs.services.reap import INTERRUPTED, INTERRUPTED_MESSAGE
from apps.logs.statements import Statement
from apps.prompts.callers import Caller

log = logging.getLogger(__name__)
STOP_TOPIC = "stop"

EventSource = AsyncIterator[RunEvent]


class Interrupted(AppError):
    """The server stopped before the answer was complete."""

    code = INTERRUPTED
    http_status = 503
    default_message = INTERRUPTED_MESSAGE


class Run:
    """One run: the task that produces its events, and the events so far.

    Args:
        app_id, caller: whose run it is; nobody else may read or stop it.
        source: makes the event iterator; it ends in exactly one terminal event and, when its task is cancelled
            after `stop()`, goes on to that event.
    """

    def __init__(
        self, envelope: Envelope, app_id: UUID, caller: Caller, source: Callable[["Run"], EventSource]
    ) -> None:
        self.envelope, self.app_id, self.caller = envelope, app_id, caller
        self.events: list[RunEvent] = []
        self.stopping = False
        self.closing = False  # set by the source when the outcome stands: a stop no longer changes it
        self._readers: set[asyncio.Future[None]] = set()
        self.task = asyncio.create_task(self._drive(source), name=f"run {envelope.message_id}")
        self.task.add_done_callback(self._ensure_end)

    @property
    def ended(self) -> bool:
        """Whether the terminal event is there."""
        return bool(self.events) and is_terminal(self.events[-1])

    async def _drive(self, source: Callable[["Run"], EventSource]) -> None:
        try:
            async for event in source(self):
                self._emit(event)
        except Exception:  # noqa: BLE001 - the worker boundary: a run must end in a terminal event
            log.exception("run %s failed", self.envelope.message_id)

    def _ensure_end(self, task: "asyncio.Task[None]") -> None:
        """Readers wait for a terminal event, also of a task that broke or was cancelled before it began."""
        if not self.ended:
            error = Interrupted() if task.cancelled() else InternalError()
            self._emit(RunError(error.code, error.message, error.http_status))

    def _emit(self, event: RunEvent) -> None:
        self.events.append(event)
        for reader in self._readers:
            if not reader.done():
                reader.set_result(None)
        self._readers.clear()

    def stop(self) -> None:
        """Ends the run as its user wished: what came so far is stored and `message_end` sent."""
        if not self.stopping and not self.closing:
            self.stopping = True
            self.task.cancel()

    async def follow(self, start: int = 0, ping_interval_s: float | None = None) -> AsyncIterator[list[RunEvent]]:
        """The events from number `start` on, as many at once as are there; an empty list is a sign of life.

        Args:
            ping_interval_s: after so many seconds without an event an empty list is given.
        """
        loop = asyncio.get_running_loop()
        while True:
            batch = self.events[start:]
            if batch:
                start += len(batch)
                yield batch
                if is_terminal(batch[-1]):
                    return
                continue
            waiter = loop.create_future()
            self._readers.add(waiter)
            timer = loop.call_later(ping_interval_s, _wake, waiter) if ping_interval_s else None
            try:
                await waiter
            finally:
                self._readers.discard(waiter)
                if timer is not None:
                    timer.cancel()
            if start == len(self.events):
                yield []

    async def result(self) -> MessageEnd | FlowEnd | FlowPause | RunError:
        """The terminal event."""
        async for batch in self.follow():
            last = batch[-1]
            if isinstance(last, TERMINAL):
                return last
        raise RuntimeError("a run ended without a terminal event")


_live: dict[UUID, Run] = {}


def _wake(waiter: "asyncio.Future[None]") -> None:
    if not waiter.done():
        waiter.set_result(None)


def launch(envelope: Envelope, app_id: UUID, caller: Caller, source: Callable[[Run], EventSource]) -> Run:
    """Starts a run that this process answers for: its lease is extended, it can be found, stopped and drained."""
    run = Run(envelope, app_id, caller, source)
    _live[envelope.message_id] = run
    run.task.add_done_callback(lambda task: _live.pop(envelope.message_id, None))
    return run


def forget_cancellation() -> None:
    """For a source that has heard its stop: what follows in its task must not be cancelled by it again."""
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()


def find(message_id: UUID, app_id: UUID, caller: Caller) -> Run | None:
    """The caller's run, if it is alive in this process."""
    run = _live.get(message_id)
    return run if run is not None and (run.app_id, run.caller) == (app_id, caller) else None


async def request_stop(*, task_id: UUID, caller: Caller) -> None:
    """Stops the caller's own run in whichever process it lives; an unknown task is silently nothing."""
    await notify.asend(STOP_TOPIC, f"{task_id}/{caller.end_user_id or caller.account_id}")


def send_stop(*, task_id: UUID, owner_id: UUID | None) -> None:
    """The same from sync code, by the id of the end user or member whose run it is."""
    notify.send(STOP_TOPIC, f"{task_id}/{owner_id}")


def _on_stop_word(word: str | None) -> None:
    if word is None:
        return
    task_id, _, owner = word.partition("/")
    for run in list(_live.values()):
        mine = str(run.caller.end_user_id or run.caller.account_id) == owner
        if mine and str(run.envelope.task_id) == task_id:
            run.stop()


notify.subscribe(STOP_TOPIC, _on_stop_word)


async def extend_leases() -> None:
    """Says for ever that this process still has its runs."""
    while True:
        await asyncio.sleep(settings.RUN_LEASE_S / 3)
        if _live:
            try:
                lease = (settings.RUN_LEASE_S, list(_live))
                await writer.write((Statement.EXTEND, lease), (Statement.EXTEND_RUN, lease))
            except Exception:  # noqa: BLE001 - the next round tries again; the trace is logged
                log.exception("could not extend the leases of %d runs", len(_live))


@asynccontextmanager
async def outside_server() -> AsyncIterator[None]:
    """Room for runs in a process that does not serve: a worker's, from time to time."""
    caching.clear_all()  # what an earlier call has kept has grown old since: nobody listened
    notify.listener.get()  # stops, and changes of apps
    leases = asyncio.create_task(extend_leases(), name="run leases")
    try:
        yield
    finally:
        leases.cancel()
        with suppress(asyncio.CancelledError):
            await leases


_background: set[asyncio.Task[None]] = set()


@on_start
async def _start_extending() -> None:
    _background.add(asyncio.create_task(extend_leases(), name="run leases"))


@on_stop
async def _drain() -> None:
    """Lets the runs whose readers are gone finish, then ends the rest; each gets its terminal row."""
    tasks = [run.task for run in _live.values()]
    if tasks:
        _, unfinished = await asyncio.wait(tasks, timeout=time_left_s())
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
    for task in _background:
        task.cancel()
    await asyncio.gather(*_background, return_exceptions=True)
    _background.clear()
