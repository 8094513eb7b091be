"""One run as the service sees it: a process of the fork server, the pipes to it, its clock and its caps."""

import asyncio
import fcntl
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from .errors import Refusal, interrupted, setup_failed
from .limits import RESULT_BYTES, STDOUT_BYTES, RunLimits

CHUNK = 1 << 16
EOF_GRACE_S = 0.02  # a process that closed its pipes has this long to end by itself
BOOTED = b"\n"  # what a node worker writes before it has its job
KILL_S = 8.0  # a fork server that has not reaped a killed process by then is itself ill


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended.

    Args:
        result: its answers, a line per finished job.
        stdout: what it printed, cut at the cap.
        stopped_for: "timeout", "output_limit", "result_limit" if the service ended it, else "".
        signal_number: what it died of; 0: it ended.
        duration_ms: from its job to its end.
        peak_kb: the most memory it held.
    """

    result: bytes
    stdout: bytes
    stopped_for: str
    signal_number: int
    duration_ms: float
    peak_kb: int


class Run:
    """Descriptors, clock and caps of one process. Whatever happens, it is killed and reaped before `wait` returns."""

    def __init__(
        self, number: int, kind: str, limits: RunLimits, kill: Callable[[int], None], give_up: Callable[[], None]
    ) -> None:
        self.number, self.kind, self.limits = number, kind, limits
        self._kill, self._give_up = kill, give_up
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[Outcome] = self._loop.create_future()
        self._streams = {"stdout": _Stream(STDOUT_BYTES), "result": _Stream(RESULT_BYTES)}
        self._started_at = time.monotonic()
        self._timer: asyncio.TimerHandle | None = None
        self._last_resort: asyncio.TimerHandle | None = None
        self._stopped_for = ""
        self._feeding = -1
        self.ready = asyncio.Event()  # a node worker has booted

    def begin(self, start: Callable[[dict[str, object], list[int]], None], payload: int) -> None:
        """Asks for the process.

        Args:
            start: sends the order with its descriptors.
            payload: descriptor the process reads its job from; it stays the caller's.
        """
        ends = []
        for name, stream in self._streams.items():
            stream.descriptor, write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
            os.set_blocking(write, True)
            ends.append(write)
            self._loop.add_reader(stream.descriptor, self._read, name)
        order = {"run": self.number, "kind": self.kind, "memory": self.limits.memory_bytes, "cpu": self.limits.cpu_s}
        try:
            start(order, [payload, *ends])
        finally:
            for end in ends:
                os.close(end)

    def start_clock(self) -> None:
        """The time of the user's code begins."""
        self._started_at = time.monotonic()
        self._timer = self._loop.call_later(self.limits.wall_s, self.stop, "timeout")

    def feed(self, descriptor: int, payload: bytes) -> None:
        """Writes the job into the pipe of a waiting worker, as it takes it; closes the pipe."""
        self._feeding = descriptor
        os.set_blocking(descriptor, False)
        self._feed(memoryview(payload))

    def _feed(self, rest: memoryview) -> None:
        try:
            while rest:
                rest = rest[os.write(self._feeding, rest) :]
        except BlockingIOError:
            self._loop.add_writer(self._feeding, self._feed, rest)
            return
        except BrokenPipeError:
            pass
        self._stop_feeding()

    def _stop_feeding(self) -> None:
        if self._feeding >= 0:
            self._loop.remove_writer(self._feeding)
            os.close(self._feeding)
            self._feeding = -1

    def stop(self, reason: str) -> None:
        """Kills the process; the reason becomes its outcome unless there was one before."""
        if not self._ended.done():
            self._stopped_for = self._stopped_for or reason
            self._kill(self.number)
            if not self._last_resort:
                self._last_resort = self._loop.call_later(KILL_S, self._give_up)

    async def wait(self) -> Outcome:
        """Until the process is gone. A caller that leaves takes the process with it. Raises Refusal."""
        try:
            return await asyncio.shield(self._ended)
        except asyncio.CancelledError:
            self.stop("abandoned")
            await self.over()  # its slot is free once it is gone
            raise

    async def over(self) -> None:
        """Waits for the end without wanting its outcome."""
        await asyncio.wait([self._ended])

    @property
    def is_over(self) -> bool:
        """Whether the process is gone."""
        return self._ended.done()

    @property
    def is_stopped(self) -> bool:
        """Whether it was told to end."""
        return bool(self._stopped_for)

    def _read(self, name: str) -> None:
        stream = self._streams[name]
        try:
            stream.read()
        except BlockingIOError:
            return
        if name == "result" and stream.data:
            self.ready.set()
        if stream.is_over:
            self.stop(f"{'output' if name == 'stdout' else name}_limit")
        if stream.has_ended:
            self._close(stream)
            if all(stream.descriptor < 0 for stream in self._streams.values()):
                self._loop.call_later(EOF_GRACE_S, self.stop, "")

    def _close(self, stream: "_Stream") -> None:
        if stream.descriptor >= 0:
            self._loop.remove_reader(stream.descriptor)
            os.close(stream.descriptor)
            stream.descriptor = -1

    def ended(self, status: int, peak_kb: int, failed: str) -> None:
        """The fork server has reaped it: nothing can be written any more.

        Args:
            status: as wait(2) gives it.
            peak_kb: the most memory it held.
            failed: why its walls could not be built; empty: they stood.
        """
        for stream in self._streams.values():
            with suppress(BlockingIOError):
                while stream.descriptor >= 0 and not stream.has_ended:
                    stream.read()
        if failed:
            self._finish(setup_failed(failed))
            return
        duration_ms = (time.monotonic() - self._started_at) * 1000
        number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        self._finish(
            Outcome(
                result=bytes(self._streams["result"].data),
                stdout=bytes(self._streams["stdout"].data),
                stopped_for=self._stopped_for,
                signal_number=number,
                duration_ms=duration_ms,
                peak_kb=peak_kb,
            )
        )

    def lost(self) -> None:
        """The fork server is gone, and the process with it."""
        self._finish(interrupted())

    def _finish(self, outcome: Outcome | Refusal) -> None:
        for timer in (self._timer, self._last_resort):
            if timer:
                timer.cancel()
        self._stop_feeding()
        for stream in self._streams.values():
            self._close(stream)
        self.ready.set()
        if self._ended.done():
            return
        if isinstance(outcome, Refusal):
            self._ended.set_exception(outcome)
            self._ended.exception()  # a worker nobody waits for yet is no mistake
        else:
            self._ended.set_result(outcome)


class _Stream:
    """The reading end of a pipe, up to a cap."""

    def __init__(self, cap: int) -> None:
        self.descriptor = -1
        self.data = bytearray()
        self.has_ended = self.is_over = False
        self._cap = cap

    def read(self) -> None:
        """Takes what is there. Raises BlockingIOError if that is nothing."""
        chunk = os.read(self.descriptor, CHUNK)
        self.has_ended = not chunk
        room = self._cap - len(self.data)
        self.is_over = self.is_over or len(chunk) > room
        self.data += chunk[:room]


def payload_file(payload: bytes) -> int:
    """The payload as a sealed file in memory, which needs no writer while it is read."""
    descriptor = os.memfd_create("job", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(descriptor, payload)
    os.lseek(descriptor, 0, os.SEEK_SET)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK)
    return descriptor
