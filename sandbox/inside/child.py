"""The way from a fork of the server to a run: walls first, the user's code last; any failure before ends it."""

import ctypes
import mmap
import os
import resource
import signal
from dataclasses import dataclass
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

NODE_FLAGS = ("--no-warnings", "--no-deprecation", "--v8-pool-size=0", "--max-semi-space-size=8")
RUNNER = Path(__file__).with_name("runner.js").read_text()  # read before this file is out of sight


@dataclass(frozen=True, slots=True)
class Walls:
    """All that can be prepared once for every run."""

    plan: Plan
    size_bytes: int
    data_bytes: int
    may_lock: bool
    landlock_version: int
    ruleset: int
    filters: dict[str, bytes]
    node: tuple[Any, Any, Any]

    @classmethod
    def build(cls, plan: Plan, *, size_bytes: int, data_bytes: int, may_lock: bool) -> "Walls":
        """Builds filters and ruleset.

        Args:
            plan: the service's.
            size_bytes: address space of this process.
            data_bytes: its private writable memory.
            may_lock: whether a run has CAP_SETPCAP at first.

        Raises:
            OSError: the kernel refuses. calls.UnknownMachineError: no filter for this machine.
        """
        version = landlock.version()
        ruleset = -1
        if version:
            ruleset = landlock.ruleset(readable=plan.paths, executable=plan.executables, writable=plan.devices)
        node = _node_arguments(plan)
        programs = {"python": filters.for_python(), "node": filters.for_node(ctypes.addressof(node[0]))}
        return cls(plan, size_bytes, data_bytes, may_lock, version, ruleset, programs, node)


class Report:
    """How a new process tells the server that its walls stand: a page both see, which it lets go of before the code."""

    SIZE = 512
    STANDS = b"+"

    def __init__(self) -> None:
        self._page = mmap.mmap(-1, self.SIZE)
        self._page[:17] = b"-it ended at once"

    def keep_to_one(self) -> None:
        """Called in the server once the process is made: those made later do not see this page."""
        self._page.madvise(mmap.MADV_DONTFORK)

    def failed(self, reason: str) -> None:
        """Called in the process."""
        data = b"-" + reason.encode()[: self.SIZE - 1]
        self._page[: self.SIZE] = data.ljust(self.SIZE, b"\0")

    def stands(self) -> None:
        """Called in the process, which cannot write there afterwards."""
        self._page[:1] = self.STANDS
        self._page.close()

    def close(self) -> str:
        """Called in the server at the end. Returns why there was no run; empty: there was."""
        text = bytes(self._page).rstrip(b"\0")
        self._page.close()
        return "" if text.startswith(self.STANDS) else text[1:].decode("utf-8", "replace")


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


def become_run(walls: Walls, order: dict[str, Any], descriptors: list[int], uid: int, report: Report) -> NoReturn:
    """Called in the new process. Ends with exit code 97 if a wall cannot be built.

    Args:
        walls: what the server prepared.
        order: `kind`, `memory` (bytes), `cpu` (seconds).
        descriptors: payload, stdout, result.
        uid: the user to become; -1: as it is.
        report: where the server learns how it went.
    """
    try:
        _build(walls, order, descriptors, uid)
        report.stands()
    except BaseException as error:  # noqa: BLE001 - nothing may run without all walls
        report.failed(f"{type(error).__name__}: {error}")
        os._exit(SETUP_FAILED)
    if order["kind"] == "node":
        calls.execve(*walls.node)
        os._exit(SETUP_FAILED)
    jobs.run()
    os._exit(0)


def _build(walls: Walls, order: dict[str, Any], descriptors: list[int], uid: int) -> None:
    os.setsid()
    os.dup2(PAYLOAD, STDERR)  # /dev/null, where node's fatal errors go: dumps that help nobody
    for source, target in zip(descriptors, (PAYLOAD, STDOUT, RESULT), strict=True):
        os.dup2(source, target)
    if order["kind"] == "python":
        os.dup2(STDOUT, STDERR)
    _limit(walls, order)
    if walls.may_lock:
        privileges.lock_securebits()
    if uid >= 0:
        privileges.become(uid)
    privileges.drop_capabilities()
    calls.prctl(calls.PR_SET_PDEATHSIG, signal.SIGKILL)  # a change of user has cleared it
    calls.prctl(calls.PR_SET_DUMPABLE, 0)
    calls.prctl(calls.PR_SET_NO_NEW_PRIVS, 1)
    if walls.ruleset >= 0:
        landlock.restrict(walls.ruleset, walls.landlock_version)
    calls.call("close_range", RESULT + 1, LAST_DESCRIPTOR, 0)
    bpf.install(walls.filters[order["kind"]])


def _limit(walls: Walls, order: dict[str, Any]) -> None:
    memory: int = order["memory"]
    data = memory + max(0, walls.data_bytes - UNCHARGED_DATA)
    limits = {
        resource.RLIMIT_DATA: data,
        resource.RLIMIT_CPU: order["cpu"],
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_NOFILE: DESCRIPTORS[order["kind"]],
        resource.RLIMIT_NPROC: walls.plan.nproc,
    }
    if order["kind"] == "python":  # V8 reserves gigabytes of addresses, so that this one is not for node
        limits[resource.RLIMIT_AS] = walls.size_bytes + memory
    for limit, value in limits.items():
        hard = resource.getrlimit(limit)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (value, value))
