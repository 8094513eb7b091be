"""The service's end of a fork server: starts it, gives orders, hears of ends, notices its death."""

import asyncio
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from .inside.plan import Plan
from .limits import RunLimits
from .run import Run, payload_file

START = Path(__file__).parent / "inside" / "start.py"
START_S = 30.0
STOP_S = 1.0
MESSAGE_BYTES = 4096
# The whole environment of the fork server, and so of every Python run. OpenBLAS and OpenMP would start threads while
# packages are imported, and a fork needs a process without.
ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MPLBACKEND": "agg",
}
INTERPRETER = (os.path.realpath(sys.executable), "-I", "-S", "-B", "-X", "utf8")

_numbers = itertools.count(1)
_servers: set[int] = set()  # the process ids of all fork servers


class StartError(Exception):
    """The fork server could not build its walls; the message says which."""


def _spawn(plan: Plan, control: socket.socket) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own file
        [*INTERPRETER, str(START), plan.to_json(), str(control.fileno())],
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=[control.fileno()],
        cwd="/",
        start_new_session=True,
    )


class Link:
    """One fork server."""

    def __init__(self, plan: Plan, on_death: Callable[["Link"], None]) -> None:
        self.plan, self._on_death = plan, on_death
        self.runs: dict[int, Run] = {}
        self.count = 0
        self.landlock_version = 0
        self.missing: list[str] = []
        self.is_alive = False
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    @property
    def pid(self) -> int:
        """Its process id; 0: it does not run."""
        return self._process.pid if self._process and self.is_alive else 0

    async def start(self) -> None:
        """Starts the process and waits for its walls. Raises StartError."""
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        self._control = ours
        with theirs:
            self._process = _spawn(self.plan, theirs)
        _servers.add(self._process.pid)
        try:
            async with asyncio.timeout(START_S):
                message = json.loads(await loop.sock_recv(ours, MESSAGE_BYTES) or b'{"failed": "it ended at once"}')
        except TimeoutError:
            message = {"failed": "it was not ready in time"}
        if "failed" in message:
            self.close()
            raise StartError(message["failed"])
        self.landlock_version, self.missing = message["ready"]["landlock"], message["ready"]["missing"]
        self.is_alive = True
        loop.add_reader(ours.fileno(), self._hear)

    def run(self, payload: bytes, limits: RunLimits) -> Run:
        """Starts a Python process on its job."""
        run = self._new("python", limits)
        descriptor = payload_file(payload)
        try:
            run.begin(self._order, descriptor)
        finally:
            os.close(descriptor)
        run.start_clock()
        return run

    def boot_node(self, limits: RunLimits) -> tuple[Run, int]:
        """Starts a node process that waits for its job. Returns the descriptor to feed it by."""
        run = self._new("node", limits)
        read, write = os.pipe2(os.O_CLOEXEC)
        try:
            run.begin(self._order, read)
        finally:
            os.close(read)
        return run, write

    def _new(self, kind: str, limits: RunLimits) -> Run:
        run = Run(next(_numbers), kind, limits, self._send_kill, self._died)
        self.runs[run.number] = run
        self.count += 1
        return run

    def _order(self, order: dict[str, object], descriptors: list[int]) -> None:
        assert self._control
        try:
            socket.send_fds(self._control, [json.dumps(order).encode()], descriptors)
        except OSError:  # its death is heard of separately
            asyncio.get_running_loop().call_soon(self._died)

    def _send_kill(self, number: int) -> None:
        if self._control and self.is_alive:
            with suppress(OSError):
                self._control.send(json.dumps({"kill": number}).encode())

    def _hear(self) -> None:
        assert self._control
        try:
            data = self._control.recv(MESSAGE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._died()
            return
        message = json.loads(data)
        if run := self.runs.pop(message["ended"], None):
            run.ended(message["status"], message["peak_kb"], message["failed"])

    def _died(self) -> None:
        if self.is_alive:
            self.close()
            self._on_death(self)

    def close(self) -> None:
        """Ends the process, and every run with it."""
        self.is_alive = False
        if self._control:
            asyncio.get_running_loop().remove_reader(self._control.fileno())
            self._control.close()
            self._control = None
        if self._process:
            try:
                self._process.wait(STOP_S)  # it ends its runs and reaps them
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            _servers.discard(self._process.pid)
            _end_orphans()
        for run in list(self.runs.values()):
            run.lost()
        self.runs.clear()


def _end_orphans() -> None:
    """Ends and reaps the runs of a fork server that was killed: they have become children of this process."""
    while orphans := [pid for pid in _children() if pid not in _servers]:
        for pid in orphans:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _children() -> list[int]:
    try:
        return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]
    except OSError:  # a kernel without this list: the machine's init reaps
        return []
