"""Runs a command as one of four surroundings a sandbox meets: `python environments.py NAME COMMAND…`.

`root` and `user` are a plain machine. `ctr_root` and `ctr_user` are a container of Docker's defaults: 14 capabilities,
and a filter that refuses namespaces, mounts, io_uring, bpf and keys (its default profile, by name).
"""

import ctypes
import errno
import os
import platform
import struct
import sys

NAMES = ("root", "user", "ctr_root", "ctr_user")
UID = 12345
# CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE NET_RAW SYS_CHROOT MKNOD AUDIT_WRITE SETFCAP
DOCKER_CAPABILITIES = (0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31)
# unshare mount umount2 pivot_root setns bpf keyctl add_key request_key io_uring_setup fsopen move_mount open_tree
# mount_setattr perf_event_open userfaultfd
NUMBERS_REFUSED = {
    "x86_64": (272, 165, 166, 155, 308, 321, 250, 248, 249, 425, 430, 429, 428, 442, 298, 323),
    "aarch64": (97, 40, 39, 41, 268, 280, 219, 217, 218, 425, 430, 429, 428, 442, 241, 282),
}
CLONE = {"x86_64": 56, "aarch64": 220}
CLONE3, CLONE_NEW = 435, 0x7E020000
LANDLOCK, SECCOMP = (444, 445, 446), {"x86_64": 317, "aarch64": 277}

libc = ctypes.CDLL(None, use_errno=True)


class Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def call(function, *args) -> None:
    if getattr(libc, function)(*args) < 0:
        raise OSError(ctypes.get_errno(), function)


def refuse(numbers, error=errno.EPERM, *, and_clone: bool = False, prctl_option: int = -1) -> None:
    """A filter that refuses these calls and lets all others pass."""
    ret = lambda value: (0x06, 0, 0, value)  # noqa: E731
    program = [(0x20, 0, 0, 0)]
    for number in numbers:
        program += [(0x15, 0, 1, number), ret(0x00050000 | error)]
    if and_clone:
        program += [(0x15, 0, 1, CLONE3), ret(0x00050000 | errno.ENOSYS)]
        program += [
            (0x15, 0, 3, CLONE[platform.machine()]),
            (0x20, 0, 0, 16),
            (0x45, 0, 1, CLONE_NEW),
            ret(0x00050000 | errno.EPERM),
        ]
        program += [(0x20, 0, 0, 0)]
    if prctl_option >= 0:
        program += [
            (0x15, 0, 3, 157 if platform.machine() == "x86_64" else 167),
            (0x20, 0, 0, 16),
            (0x15, 0, 1, prctl_option),
            ret(0x00050000 | error),
        ]
    program.append(ret(0x7FFF0000))
    data = b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
    buffer = ctypes.create_string_buffer(data, len(data))
    described = Program(len(program), ctypes.cast(buffer, ctypes.c_void_p))
    call("prctl", 38, 1, 0, 0, 0)
    call("prctl", 22, 2, ctypes.byref(described), 0, 0)


def keep_capabilities(kept) -> None:
    mask = sum(1 << capability for capability in kept)
    for capability in range(41):
        if capability not in kept:
            libc.prctl(24, capability, 0, 0, 0)
    low, high = mask & 0xFFFFFFFF, mask >> 32
    call("capset", struct.pack("=Ii", 0x20080522, 0), struct.pack("=6I", low, low, low, high, high, high))


def become_user() -> None:
    os.setgroups([])
    os.setresgid(UID, UID, UID)
    os.setresuid(UID, UID, UID)


def fill_disk() -> None:
    """The storage folder, and where programs leave temporary files, become file systems without room for one more."""
    call("unshare", 0x00020000)
    call("mount", None, b"/", None, 0x4000 | 0x40000, None)
    for folder in (os.environ["STORAGE_LOCAL_PATH"], "/var/tmp", "/dev/shm"):
        call("mount", b"none", folder.encode(), b"tmpfs", 0, b"size=4k,nr_inodes=1")


def enter(name: str) -> None:
    """`no_…` and `full_…` are surroundings in which something is missing, for the tests of failing closed."""
    if name in {"user", "ctr_user"}:
        become_user()
    if name == "ctr_root":
        keep_capabilities(DOCKER_CAPABILITIES)
    if name in {"ctr_root", "ctr_user", "no_landlock_in_container"}:
        refuse(NUMBERS_REFUSED[platform.machine()], and_clone=True)
    if name in {"no_landlock", "no_landlock_in_container"}:
        refuse(LANDLOCK, errno.ENOSYS)
    if name.startswith("full_disk"):
        fill_disk()
    if name == "full_disk_and_log":
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, 1)
        os.dup2(full, 2)
    if name == "no_seccomp":
        refuse([SECCOMP[platform.machine()]], errno.EINVAL, prctl_option=22)


if __name__ == "__main__":
    enter(sys.argv[1])
    os.execv(sys.argv[2], sys.argv[2:])
