"""Giving up every privilege of a process."""

import os
import struct
from collections.abc import Callable

from . import calls

CAPABILITY_VERSION_3 = 0x20080522
# NOROOT, NO_SETUID_FIXUP and NO_CAP_AMBIENT_RAISE, each with its lock, and KEEP_CAPS locked at zero.
SECUREBITS = 0x01 | 0x02 | 0x04 | 0x08 | 0x20 | 0x40 | 0x80
CAP_SETGID, CAP_SETUID, CAP_SETPCAP, CAP_SYS_ADMIN = 6, 7, 8, 21


def effective() -> int:
    """The capabilities in force, as a bit mask."""
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("CapEff:"):
                return int(line.split()[1], 16)
    return 0


def has(capability: int) -> bool:
    """Whether one capability is in force."""
    return bool(effective() >> capability & 1)


def drop_bounding_set() -> None:
    """Nothing this process starts can gain a capability. Raises OSError without CAP_SETPCAP."""
    for capability in range(64):
        try:
            calls.prctl(calls.PR_CAPBSET_DROP, capability)
        except OSError as error:
            if error.errno != 22:  # EINVAL: the kernel knows no more of them
                raise
            return


def become(uid: int) -> None:
    """The whole process becomes a user without groups. Raises OSError without CAP_SETUID and CAP_SETGID."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def capability_dropper() -> Callable[[], int]:
    """Returns what empties all sets of a process. It raises OSError."""
    header = struct.pack("=Ii", CAPABILITY_VERSION_3, 0)
    return calls.prepared("capset", header, struct.pack("=6I", *[0] * 6))


def securebits_locker() -> Callable[[], int]:
    """Returns what makes user 0 mean nothing from there on. It raises OSError without CAP_SETPCAP."""
    return calls.prepared("prctl", calls.PR_SET_SECUREBITS, SECUREBITS, 0, 0, 0)
