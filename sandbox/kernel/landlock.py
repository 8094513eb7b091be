"""Landlock: what files a process may open, whichever user it is.

Source: Documentation/userspace-api/landlock.rst (Linux 6.15), `linux/landlock.h`.
"""

import ctypes
import os
import struct
from collections.abc import Callable, Iterable

from . import calls

CREATE_RULESET_VERSION = 1
RULE_PATH_BENEATH = 1
RESTRICT_SELF_LOG_SAME_EXEC_OFF = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
# Rights each version of the interface added: 13 at first, then REFER, TRUNCATE, IOCTL_DEV.
FILE_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
TCP_BIND_AND_CONNECT = 3
SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS = 3


def version() -> int:
    """The kernel's Landlock version; 0: none."""
    try:
        return calls.call("landlock_create_ruleset", None, 0, CREATE_RULESET_VERSION)
    except (OSError, calls.UnknownMachineError):
        return 0


def ruleset(*, readable: Iterable[str], executable: Iterable[str], writable: Iterable[str]) -> int:
    """A ruleset that refuses everything but these paths, TCP included, and signals to others.

    Args:
        readable: files and folders whose contents may be read.
        executable: files that may also be executed (a program and its loader).
        writable: devices that may be read and written.

    Returns:
        A descriptor for `restrict`.

    Raises:
        OSError: the kernel has no Landlock, or a path is missing.
    """
    abi = version()
    rights = FILE_RIGHTS[max(1, min(abi, 5))]
    attributes = struct.pack("=QQQ", rights, TCP_BIND_AND_CONNECT, SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    descriptor = calls.call("landlock_create_ruleset", attributes, size, 0)
    for paths, granted in (
        (readable, READ_FILE),
        (executable, READ_FILE | EXECUTE),
        (writable, READ_FILE | WRITE_FILE),
    ):
        for path in paths:
            _grant(descriptor, path, granted | (READ_DIR if os.path.isdir(path) else 0))
    return descriptor


def _grant(descriptor: int, path: str, rights: int) -> None:
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, opened), 12)
        calls.call("landlock_add_rule", descriptor, RULE_PATH_BENEATH, rule, 0)
    finally:
        os.close(opened)


def restrictor(descriptor: int, abi: int) -> Callable[[], int]:
    """Returns what puts the ruleset on a process for ever; no_new_privs must be set there. It raises OSError."""
    # Refusals are users' errors, not news for the system's audit log.
    return calls.prepared("landlock_restrict_self", descriptor, RESTRICT_SELF_LOG_SAME_EXEC_OFF if abi >= 7 else 0)
