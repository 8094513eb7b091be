"""Keeps parts alive: says when one is ready, names one that ended, and starts it again with a growing pause."""

import signal
import time
from collections.abc import Callable
from enum import Enum

from .output import Problem, say
from .parts import Part
from .process import end_orphans, how_it_ended

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STEADY_S = 60.0  # a part that ran this long starts again with the first pause
POLL_S = 0.05
IDLE_S = 1.0
SLOW_START_S = 60.0
STOPPING = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
SIGNALS = STOPPING | {signal.SIGCHLD}


class StopRequested(Exception):
    """Ctrl-C, SIGTERM, or the terminal went."""


class State(Enum):
    """Where a part is."""

    STARTING = "starting"
    READY = "ready"
    PAUSED = "paused"
    STOPPED = "stopped"


class Watched:
    """A part with its state."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.state = State.STOPPED
        self._since = 0.0
        self._pause_s = FIRST_PAUSE_S
        self._was_ready = False
        self._told_slow = False

    def start(self) -> None:
        """Starts the process."""
        self.part.start()
        self.state, self._since, self._told_slow = State.STARTING, time.monotonic(), False

    def tick(self) -> None:
        """Looks after it once. Raises Problem when it ends before it was ever ready."""
        now = time.monotonic()
        if self.state is State.PAUSED:
            if now - self._since >= self._pause_s:
                self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
                self.start()
            return
        code = self.part.exit_code()
        if code is not None:
            self._ended(code, now)
        elif self.state is State.STARTING:
            self._look_whether_ready(now)

    def _look_whether_ready(self, now: float) -> None:
        if self.part.is_ready():
            again = " again" if self._was_ready else ""
            detail = f" ({self.part.detail})" if self.part.detail and not again else ""
            say(self.part.name, f"ready{again} in {now - self._since:.1f} s{detail}")
            self.state, self._since, self._was_ready = State.READY, now, True
        elif now - self._since > SLOW_START_S and not self._told_slow:
            self._told_slow = True
            say(self.part.name, f"is not ready after {SLOW_START_S:.0f} s{self._see_log()}")

    def _ended(self, code: int, now: float) -> None:
        reason = how_it_ended(code)
        if not self._was_ready:
            raise Problem(f"The {self.part.name} {reason} before it was ready: {self._why()}")
        if self.state is State.READY and now - self._since > STEADY_S:
            self._pause_s = FIRST_PAUSE_S
        say(self.part.name, f"{reason}; starting it again in {self._pause_s:g} s{self._see_log()}")
        self.part.kill()  # what it may have left in its process group
        self.state, self._since = State.PAUSED, now

    def _why(self) -> str:
        return f"{self.part.last_words()}{self._see_log()}"

    def _see_log(self) -> str:
        return f" (log: {self.part.log})" if self.part.log else ""


def next_signal(timeout_s: float) -> int | None:
    """Sleeps until a signal or the time-out. The signals are blocked, so nothing is lost between calls."""
    received = signal.sigtimedwait(SIGNALS, timeout_s)
    return received.si_signo if received else None


def run_until(parts: list[Watched], done: Callable[[], bool]) -> None:
    """Looks after the parts until `done` says so.

    Raises:
        StopRequested: somebody asked.
        Problem: a part does not start.
    """
    while True:
        for watched in parts:
            watched.tick()
        end_orphans()
        if done():
            return
        settled = all(watched.state is State.READY for watched in parts)
        if next_signal(IDLE_S if settled else POLL_S) in STOPPING:
            raise StopRequested


def all_ready(parts: list[Watched]) -> bool:
    """Whether every part serves."""
    return all(watched.state is State.READY for watched in parts)


def stop(group: list[Watched], *, hurry: bool) -> bool:
    """Ends parts side by side: their signal, their time, then SIGKILL.

    Args:
        group: what is stopped at the same time.
        hurry: whether Ctrl-C came a second time before.

    Returns:
        Whether there is a hurry now.
    """
    running = [watched.part for watched in group if watched.part.exit_code() is None and watched.part.child]
    for part in running:
        part.send(part.stop_signal)
    began = time.monotonic()
    while True:
        waited = time.monotonic() - began
        running = [
            part
            for part in running
            if part.exit_code() is None and waited < (part.hurried_s if hurry else part.stop_timeout_s)
        ]
        if not running:
            break
        hurry = next_signal(POLL_S) == signal.SIGINT or hurry
    for watched in group:
        watched.part.kill()
        watched.state = State.STOPPED
    return hurry
