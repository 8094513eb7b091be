"""The parts of the product as the supervisor sees them: how each is started, when it is ready, how it is stopped."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from .embedded import STOP_TIMEOUT_S, Embedded
from .process import spawn
from .ready import VARIABLE, Announcement

EXCEPTION_NAME = re.compile(r"^(\w+\.)+\w+: ")  # as a traceback writes it


class Part:
    """One process to keep alive. Children say how it starts and when it is ready."""

    stop_signal: int = signal.SIGTERM
    hurried_s: float = 0.0  # what it is left of its time to stop when there is a hurry

    def __init__(self, name: str, *, log: Path | None, stop_timeout_s: float) -> None:
        self.name, self.log, self.stop_timeout_s = name, log, stop_timeout_s
        self.facts: dict[str, object] = {}
        self.child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the process."""
        raise NotImplementedError

    def is_ready(self) -> bool:
        """Whether it serves."""
        raise NotImplementedError

    @property
    def detail(self) -> str:
        """What is worth saying beside "ready"."""
        return str(self.facts.get("detail", ""))

    def exit_code(self) -> int | None:
        """How it ended; None: it runs."""
        return self.child.poll() if self.child else None

    def send(self, number: int) -> None:
        """A signal to the process."""
        if self.child:
            self.child.send_signal(number)

    def kill(self) -> None:
        """Ends the process and all it started."""
        if self.child:
            with suppress(ProcessLookupError):
                os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()

    def last_words(self) -> str:
        """The last line of its log, which usually says why it ended; of an exception, what it says."""
        if self.log is None or not self.log.exists():
            return ""
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - 4096))
            lines = file.read().decode(errors="replace").strip().splitlines()
        return EXCEPTION_NAME.sub("", lines[-1]) if lines else ""


class Database(Part):
    """The embedded Postgres. Its SIGINT is the fast shutdown: sessions are ended, data is written."""

    stop_signal = signal.SIGINT
    hurried_s = 5.0

    def __init__(self, server: Embedded, *, log: Path | None) -> None:
        super().__init__("database", log=log, stop_timeout_s=STOP_TIMEOUT_S)
        self.server = server

    def start(self) -> None:
        """Starts the server process."""
        self.child = self.server.start(self.log)
        self.facts = {"detail": f"PostgreSQL in {self.server.data}"}

    def is_ready(self) -> bool:
        """By the server's own status file."""
        return self.child is not None and self.server.ready(self.child.pid)

    def kill(self) -> None:
        """The last resort: an immediate shutdown, which recovers at the next start."""
        if self.child:
            self.child.send_signal(signal.SIGQUIT)
            try:
                self.child.wait(5)
            except subprocess.TimeoutExpired:
                super().kill()


class Program(Part):
    """A Python module of ours, which announces when it is ready."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        log: Path | None,
        stop_timeout_s: float,
        hurried_s: float = 0.0,
        listener: socket.socket | None = None,
    ) -> None:
        super().__init__(name, log=log, stop_timeout_s=stop_timeout_s)
        self.hurried_s = hurried_s
        self._command = [sys.executable, "-P", *command]
        self._env, self._listener = env, listener
        self._announcement: Announcement | None = None

    def start(self) -> None:
        """Starts the module with its announcement pipe and, for the web server, the listening socket."""
        if self._announcement:
            self._announcement.close()
        pipe = self._announcement = Announcement()
        env = {**self._env, VARIABLE: str(pipe.write)}
        descriptors = [pipe.write]
        if self._listener:
            env["LISTEN_FD"] = str(self._listener.fileno())
            descriptors.append(self._listener.fileno())
        self.child = spawn(self._command, env=env, log=self.log, descriptors=descriptors)
        pipe.started()

    def is_ready(self) -> bool:
        """By its announcement."""
        facts = self._announcement.facts() if self._announcement else None
        self.facts = facts or {}
        return facts is not None
