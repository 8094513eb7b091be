"""The way from a fork of the server to a run: walls first, the user's code last; any failure before ends it."""

import ctypes
import mmap
import os
import resource
import select
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from sandbox.kernel import bpf, calls, filters, landlock, privileges

from . import jobs
from .plan import Plan

PAYLOAD, STDOUT, STDERR, RESULT = 0, 1, 2, 3
SETUP_FAILED = 97
UNCHARGED_DATA = 64 << 20  # the fork server's own data counts as a run's memory; what packages add beyond does not
DESCRIPTORS = {"python": 32, "node": 64}
LAST_DESCRIPTOR = 0xFFFFFFFF

# None of V8's own: with any of them, node compiles its library anew instead of taking it from its built-in cache.
NODE_FLAGS = ("--no-warnings", "--no-deprecation", "--v8-pool-size=0")
RUNNER = Path(__file__).with_name("runner.js").read_text()  # read before this file is out of sight


Step = Callable[[], int]


class Walls:
    """All that can be prepared once for every run; what a run does itself, it does with as few steps as there can be.

    Args:
        plan: the service's.
        size_bytes: address space of this process.
        data_bytes: its private writable memory.
        may_lock: whether a run has CAP_SETPCAP at first.

    Raises:
        OSError: the kernel refuses. calls.UnknownMachineError: no filter for this machine.
    """

    def __init__(self, plan: Plan, *, size_bytes: int, data_bytes: int, may_lock: bool) -> None:
        self.landlock_version = landlock.version()
        self.node = _node_arguments(plan)
        self._size_bytes, self._uncharged_bytes = size_bytes, max(0, data_bytes - UNCHARGED_DATA)
        self._limits = {
            resource.RLIMIT_FSIZE: 0,
            resource.RLIMIT_CORE: 0,
            resource.RLIMIT_MEMLOCK: 0,
            resource.RLIMIT_MSGQUEUE: 0,
            resource.RLIMIT_NPROC: plan.nproc,
        }
        self._server = select.poll()
        self._server.register(os.pidfd_open(os.getpid()), select.POLLIN)
        self._first: list[Step] = [privileges.securebits_locker()] if may_lock else []
        programs = {"python": filters.for_python(), "node": filters.for_node(ctypes.addressof(self.node[0]))}
        last = self._last(plan)
        self._last_steps = {kind: [*last, bpf.installer(program)] for kind, program in programs.items()}

    def _last(self, plan: Plan) -> list[Step]:
        """After the change of user, which clears some of these."""
        steps = [
            privileges.capability_dropper(),
            calls.prepared("prctl", calls.PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0),
            self._check_server,
            calls.prepared("prctl", calls.PR_SET_DUMPABLE, 0, 0, 0, 0),
            calls.prepared("prctl", calls.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        ]
        if self.landlock_version:
            rules = landlock.ruleset(readable=plan.paths, executable=plan.executables, writable=plan.devices)
            steps.append(landlock.restrictor(rules, self.landlock_version))
        return [*steps, calls.prepared("close_range", RESULT + 1, LAST_DESCRIPTOR, 0)]

    def _check_server(self) -> int:
        """Its death before the signal was asked for would go unnoticed. Raises RuntimeError."""
        if self._server.poll(0):
            raise RuntimeError("the fork server has ended")
        return 0

    def build(self, order: dict[str, Any], uid: int) -> None:
        """Called in the new process. Raises OSError or RuntimeError if a wall does not stand."""
        self._limit(order)
        for step in self._first:
            step()
        if uid >= 0:
            privileges.become(uid)
        for step in self._last_steps[order["kind"]]:
            step()

    def _limit(self, order: dict[str, Any]) -> None:
        limits = {
            **self._limits,
            resource.RLIMIT_DATA: order["memory"] + self._uncharged_bytes,
            resource.RLIMIT_CPU: order["cpu"],
            resource.RLIMIT_NOFILE: DESCRIPTORS[order["kind"]],
        }
        if order["kind"] == "python":  # V8 reserves gigabytes of addresses, so that this one is not for node
            limits[resource.RLIMIT_AS] = self._size_bytes + order["memory"]
        for limit, value in limits.items():
            hard = resource.getrlimit(limit)[1]
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(limit, (value, value))


class Reports:
    """How new processes say that their walls stand: by memory all see, which each lets go of before the code."""

    SIZE = 256
    STANDS = b"+"

    def __init__(self, count: int) -> None:
        self._memory = mmap.mmap(-1, self.SIZE * count)

    def begin(self, slot: int) -> None:
        """Called in the server before a process is made."""
        self._write(slot, b"it ended at once")

    def failed(self, slot: int, reason: str) -> None:
        """Called in the process."""
        self._write(slot, reason.encode())

    def stands(self, slot: int) -> None:
        """Called in the process, which cannot write there afterwards."""
        self._write(slot, self.STANDS)
        self._memory.close()

    def read(self, slot: int) -> str:
        """Called in the server at the end. Returns why there was no run; empty: there was."""
        text = self._memory[slot * self.SIZE : (slot + 1) * self.SIZE].rstrip(b"\0")
        return "" if text == self.STANDS else text.decode("utf-8", "replace")

    def _write(self, slot: int, text: bytes) -> None:
        self._memory[slot * self.SIZE : (slot + 1) * self.SIZE] = text[: self.SIZE].ljust(self.SIZE, b"\0")


def _node_arguments(plan: Plan) -> tuple[Any, Any, Any]:
    """Path, arguments and environment as execve takes them."""
    arguments = [plan.node, *NODE_FLAGS, "-e", RUNNER]
    environment = [
        f"LD_LIBRARY_PATH={plan.library_path}",
        "OPENSSL_CONF=/dev/null",
        "UV_THREADPOOL_SIZE=2",
        "UV_USE_IO_URING=0",
        "NODE_NO_WARNINGS=1",
        "LANG=C.UTF-8",
        "TZ=UTC",
    ]
    return ctypes.create_string_buffer(plan.node.encode()), _pointers(arguments), _pointers(environment)


def _pointers(texts: list[str]) -> Any:
    return (ctypes.c_char_p * (len(texts) + 1))(*[text.encode() for text in texts], None)


def become_run(
    walls: Walls, order: dict[str, Any], descriptors: list[int], *, uid: int, reports: Reports, slot: int
) -> NoReturn:
    """Called in the new process. Ends with exit code 97 if a wall cannot be built.

    Args:
        walls: what the server prepared.
        order: `kind`, `memory` (bytes), `cpu` (seconds).
        descriptors: payload, stdout, result.
        uid: the user to become; -1: as it is.
        reports, slot: where the server learns how it went.
    """
    try:
        os.setsid()
        _take(descriptors, order["kind"])
        walls.build(order, uid)
        reports.stands(slot)
    except BaseException as error:  # noqa: BLE001 - nothing may run without all walls
        reports.failed(slot, f"{type(error).__name__}: {error}")
        os._exit(SETUP_FAILED)
    if order["kind"] == "node":
        calls.execve(*walls.node)
        os._exit(SETUP_FAILED)
    try:
        jobs.run()
    finally:
        os._exit(0)  # whatever it was: no run comes back to the server's loop


def _take(descriptors: list[int], kind: str) -> None:
    os.dup2(PAYLOAD, STDERR)  # /dev/null, where node's fatal errors go: dumps that help nobody
    for source, target in zip(descriptors, (PAYLOAD, STDOUT, RESULT), strict=True):
        os.dup2(source, target)
    if kind == "python":
        os.dup2(STDOUT, STDERR)
