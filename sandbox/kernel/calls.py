"""System calls that Python's library does not have."""

import ctypes
import os
import platform
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from .tables import ARM64, X86_64

TABLES = {"x86_64": X86_64, "aarch64": ARM64}
AUDIT_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_NAME = 15
PR_GET_NAME = 16
PR_SET_SECCOMP = 22
PR_CAPBSET_DROP = 24
PR_SET_SECUREBITS = 28
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_SET_VMA = 0x53564D41
M_MMAP_THRESHOLD, LARGE_BYTES = -3, 128 << 10

# PyDLL keeps the interpreter's lock during the call: there is one thread here, and a fork must not lose the lock.
_libc = ctypes.PyDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_after_fork = ctypes.pythonapi.PyOS_AfterFork_Child


class UnknownMachineError(Exception):
    """There is no table of system calls for this machine, so that no filter can be built."""


def machine() -> str:
    """The machine as the tables name it. Raises UnknownMachineError."""
    name = platform.machine()
    if name not in TABLES or ctypes.sizeof(ctypes.c_void_p) != 8:
        raise UnknownMachineError(f"no table of system calls for {name}")
    return name


def numbers() -> dict[str, int]:
    """System call numbers of this machine. Raises UnknownMachineError."""
    return TABLES[machine()]


def prepared(name: str, *args: Any) -> Callable[[], int]:
    """A raw system call, looked up and with its arguments ready, so that a run pays for the call alone.

    Args:
        name: as in the tables.
        args: integers, passed as 64 bits; bytes, None and what ctypes takes as a pointer.

    Returns:
        Makes the call and returns its result. Raises OSError.

    Raises:
        UnknownMachineError: no table for this machine.
    """
    number, system_call = ctypes.c_ulong(numbers()[name]), _libc.syscall
    values = [ctypes.c_ulong(arg & 0xFFFFFFFFFFFFFFFF) if isinstance(arg, int) else arg for arg in args]

    def make() -> int:
        result: int = system_call(number, *values)
        if result < 0:
            error = ctypes.get_errno()
            raise OSError(error, f"{name}: {os.strerror(error)}")
        return result

    return make


def call(name: str, *args: Any) -> int:
    """A raw system call, see `prepared`. Raises OSError."""
    return prepared(name, *args)()


def prctl(option: int, value: int = 0) -> int:
    """prctl(2), on any machine. Raises OSError."""
    return libc("prctl", option, value, 0, 0, 0)


def libc(name: str, *args: int | bytes | None) -> int:
    """A function of the C library that sets errno. Raises OSError."""
    values = [ctypes.c_ulong(arg) if isinstance(arg, int) else arg for arg in args]
    result: int = getattr(_libc, name)(*values)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def return_large_blocks() -> None:
    """Memory of large results goes back to the system at once instead of leaving holes in the heap (glibc only)."""
    with suppress(AttributeError):
        _libc.mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)


def cloner(flags: int) -> Callable[[], int]:
    """A fork with clone(2) flags, for a caller with one thread.

    Returns:
        Makes the process; returns its number, and 0 in it. Raises OSError.
    """
    # Flags come first on x86-64 and on arm64; no stack, no thread-local storage: a copy of this process.
    make = prepared("clone", flags, 0, 0, 0, 0)

    def clone() -> int:
        pid = make()
        if pid == 0:
            _after_fork()
        return pid

    return clone


def execve(path: ctypes.Array[ctypes.c_char], arguments: Any, environment: Any) -> None:
    """execve(2) with a path at a known address. Returns only if it failed."""
    _libc.execve(path, arguments, environment)
