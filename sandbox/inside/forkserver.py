"""The fork server: builds the walls once, imports once, then makes one process per run and says how it ended.

It speaks with the service over one SOCK_SEQPACKET pair, a JSON object per message:

    service  {"run": id, "kind": "python"|"node", "memory": bytes, "cpu": s}  + descriptors payload, stdout, result
             {"kill": id}
    server   {"ready": {...}} or {"failed": sentence}, once
             {"ended": id, "status": wait status, "peak_kb": n, "failed": "" or why nothing ran}

The payload is read by the new process alone, so that one run's data is never in the memory another run starts from.
"""

import gc
import importlib
import json
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

from sandbox.kernel import calls, namespaces, privileges

from . import child, jobs
from .child import Reports
from .plan import FULL, Plan

FIRST_DESCRIPTOR = 10  # below lie the descriptors of runs
MESSAGE_BYTES = 4096
DESCRIPTORS = 3
YOUNG_OBJECTS = 50_000  # between two searches for garbage in a run: a short one needs none
MODULES = {"matplotlib": "matplotlib.pyplot"}  # where a package is best loaded by its largest part


def main() -> None:
    """Reads the plan and the control socket's number from the command line, and serves until the service ends."""
    plan, control = Plan.from_json(sys.argv[1]), socket.socket(fileno=int(sys.argv[2]))
    sys.argv[:], sys.orig_argv[:] = [""], []  # users' code need not know where things lie
    try:
        _die_with(plan.parent)
        server, facts = _prepare(plan, control)
    except Exception as error:  # noqa: BLE001 - whatever it is, there are no walls, and the service must know
        _send(control, {"failed": f"{type(error).__name__}: {error}"[:1000]})
        os._exit(1)
    _send(control, {"ready": facts})
    server.serve()


def _prepare(plan: Plan, control: socket.socket) -> tuple["ForkServer", dict[str, Any]]:
    while os.open(os.devnull, os.O_RDWR) < FIRST_DESCRIPTOR:
        pass
    # The new root has no /proc, hence these two are opened before.
    threads, sizes = os.open("/proc/self/task", os.O_RDONLY), os.open("/proc/self/statm", os.O_RDONLY)
    may_lock = plan.own_user_namespace or privileges.has(privileges.CAP_SETPCAP)
    if plan.level == FULL:
        namespaces.enter(with_user=plan.own_user_namespace)
        namespaces.change_root(plan.place, paths=plan.paths, devices=plan.devices, hidden=plan.hidden)
    _die_with(0 if plan.own_user_namespace else plan.parent)
    for name in plan.preload:
        importlib.import_module(name)
    missing = _load_packages(plan) if plan.packages else []
    if len(os.listdir(threads)) > 1:
        raise RuntimeError("a preloaded module started a thread, and forks need a process without")
    size, _, _, _, _, data, _ = (int(pages) * os.sysconf("SC_PAGESIZE") for pages in os.read(sizes, 200).split())
    os.close(threads)
    os.close(sizes)
    if may_lock:
        privileges.drop_bounding_set()
    calls.prctl(calls.PR_SET_DUMPABLE, 0)
    for name in [name for name in sys.modules if name.partition(".")[0] == __package__.partition(".")[0]]:
        del sys.modules[name]  # users' code has no business with them, and may use the name
    jobs.rehearse()
    walls = child.Walls(plan, size_bytes=size, data_bytes=data, may_lock=may_lock)
    gc.collect()
    gc.freeze()
    gc.disable()  # a run enables it
    gc.set_threshold(YOUNG_OBJECTS)
    return ForkServer(plan, control, walls), {"landlock": walls.landlock_version, "missing": missing}


def _die_with(parent: int) -> None:
    """Whatever ends the service ends us. (Credentials that change clear this, so that it is set again after.)"""
    calls.prctl(calls.PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent and os.getppid() != parent:
        os._exit(1)


def _load_packages(plan: Plan) -> list[str]:
    """Imports the operator's packages. Returns those that could not be, each with the reason."""
    sys.path.append(plan.packages_folder)
    if plan.level == FULL:
        namespaces.mount_scratch(namespaces.SCRATCH)
    missing = []
    folder = ""
    with suppress(OSError):  # level 1 beside a full or read-only disk: what needs the folder says so itself
        folder = tempfile.mkdtemp(dir=namespaces.SCRATCH if plan.level == FULL else None)
        os.environ["MPLCONFIGDIR"] = folder  # matplotlib wants one while it is loaded, and only then
    for name in plan.packages:
        try:
            importlib.import_module(MODULES.get(name, name))
        except Exception as error:  # noqa: BLE001 - a package may fail in any way; the service says which did
            missing.append(f"{name}: {type(error).__name__}: {error}"[:200])
    os.environ.pop("MPLCONFIGDIR", None)
    if folder:
        shutil.rmtree(folder, ignore_errors=True)
    if plan.level == FULL:
        namespaces.unmount(namespaces.SCRATCH)
    return missing


def _send(control: socket.socket, message: dict[str, Any]) -> None:
    with suppress(OSError):  # the service has ended; the loop sees it too
        control.send(json.dumps(message).encode())


@dataclass(frozen=True, slots=True)
class Run:
    """A process under way."""

    number: int
    pid: int
    pidfd: int
    slot: int


class ForkServer:
    """The loop over orders and ends. It owns the processes, so that a kill can never hit another's number."""

    def __init__(self, plan: Plan, control: socket.socket, walls: child.Walls) -> None:
        self._plan, self._control, self._walls = plan, control, walls
        self._free = list(range(plan.slots))
        self._reports = Reports(plan.slots)
        self._runs: dict[int, Run] = {}
        self._by_pidfd: dict[int, Run] = {}
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)
        flags = int(signal.SIGCHLD)
        if plan.level == FULL:
            flags |= namespaces.CLONE_NEWPID
        if plan.own_user_namespace:
            flags |= namespaces.CLONE_NEWUSER
        self._clone = calls.cloner(flags)

    def serve(self) -> NoReturn:
        """Until the service closes its end; then every run ends too."""
        while True:
            for descriptor, _ in self._poll.poll():
                if run := self._by_pidfd.get(descriptor):
                    self._reap(run)
                elif descriptor == self._control.fileno() and not self._obey():
                    self._stop()

    def _obey(self) -> bool:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._control, MESSAGE_BYTES, DESCRIPTORS)
        except ConnectionResetError:  # the service has left without reading our last word
            return False
        if not data:
            return False
        order = json.loads(data)
        if "run" in order:
            self._start(order, descriptors)
        elif run := self._runs.get(order["kill"]):
            os.kill(run.pid, signal.SIGKILL)
        return True

    def _start(self, order: dict[str, Any], descriptors: list[int]) -> None:
        """Makes the process of a run. What is open here is closed there before any of the user's code."""
        if not self._free:
            self._send_end(order["run"], failed="there are too many processes")
            for descriptor in descriptors:
                os.close(descriptor)
            return
        slot = self._free.pop(0)
        uid = self._plan.first_uid + slot if self._plan.has_own_users else -1
        self._reports.begin(slot)
        try:
            pid = self._clone()
        except OSError as error:
            self._free.append(slot)
            self._send_end(order["run"], failed=str(error))
        else:
            if pid == 0:
                child.become_run(self._walls, order, descriptors, uid=uid, reports=self._reports, slot=slot)
            run = Run(order["run"], pid, os.pidfd_open(pid), slot)
            self._runs[run.number] = self._by_pidfd[run.pidfd] = run
            self._poll.register(run.pidfd, select.POLLIN)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _reap(self, run: Run) -> None:
        _, status, usage = os.wait4(run.pid, 0)
        self._poll.unregister(run.pidfd)
        os.close(run.pidfd)
        del self._runs[run.number], self._by_pidfd[run.pidfd]
        self._free.append(run.slot)
        self._send_end(run.number, status, usage.ru_maxrss, self._reports.read(run.slot))

    def _send_end(self, number: int, status: int = 0, peak_kb: int = 0, failed: str = "") -> None:
        _send(self._control, {"ended": number, "status": status, "peak_kb": peak_kb, "failed": failed})

    def _stop(self) -> NoReturn:
        for run in self._runs.values():
            os.kill(run.pid, signal.SIGKILL)
        for run in self._runs.values():
            os.waitpid(run.pid, 0)
        os._exit(0)
