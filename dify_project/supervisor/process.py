"""A process that ends with its parent, whatever ends the parent."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from .account import Account

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
_libc = ctypes.CDLL(None, use_errno=True)
_spawned: list[subprocess.Popen[bytes]] = []


def spawn(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    log: Path | None,
    account: Account | None = None,
    death_signal: int = signal.SIGKILL,
    descriptors: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Starts `command` in a session of its own, so that Ctrl-C reaches the supervisor alone.

    Args:
        command: program and arguments.
        env: its whole environment.
        log: where its output is appended; None: it shares ours.
        account: the user it runs as; None: our own.
        death_signal: what the kernel sends it when this process (its main thread) ends.
        descriptors: open files it inherits.
    """
    parent = os.getpid()

    def in_child() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:
            os._exit(1)
        signal.pthread_sigmask(signal.SIG_SETMASK, set())

    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) if log else None
    try:
        child = subprocess.Popen(
            command,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output if output is not None else 2,
            stderr=output if output is not None else 2,
            start_new_session=True,
            preexec_fn=in_child,
            pass_fds=descriptors,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
        _spawned.append(child)
        return child
    finally:
        if output is not None:
            os.close(output)


def adopt_orphans() -> None:
    """From here on, what a child of ours leaves behind at its end becomes our child, so that it can be ended."""
    _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_orphans() -> None:
    """Ends and reaps what has become our child by the end of its parent."""
    _spawned[:] = [child for child in _spawned if child.returncode is None]
    own = {child.pid for child in _spawned}
    while orphans := [pid for pid in _children() if pid not in own]:
        for pid in orphans:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)  # what it leaves behind in turn is found by the next round


def _children() -> list[int]:
    try:
        return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]
    except OSError:  # a kernel without this list: the machine's init reaps
        return []


def how_it_ended(code: int) -> str:
    """A return code of `Popen` in words."""
    if code >= 0:
        return f"ended with code {code}"
    return f"was killed by {signal.Signals(-code).name}"


def wait_until(condition: Callable[[], bool], timeout_s: float) -> bool:
    """Polls until the condition holds; False: it did not in time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
