"""Namespaces of the fork server, and the small read-only root its runs see."""

import os
from collections.abc import Iterable

from . import calls

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 0x2, 0x4, 0x1000, 0x4000, 0x40000
MNT_DETACH = 2
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
MOUNT_ATTR_READ_ONLY = 0x1
SCRATCH = "/.scratch"  # in the new root
ROOT_SIZE = "size=1m,nr_inodes=4k,mode=755"


def enter(*, with_user: bool) -> None:
    """Moves this process (one thread) into namespaces of its own. Raises OSError where they are denied.

    Args:
        with_user: also a user namespace, which a process without privileges needs to make the others.
    """
    uid, gid = os.geteuid(), os.getegid()
    flags = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS
    calls.libc("unshare", flags | (CLONE_NEWUSER if with_user else 0))
    if with_user:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{uid} {uid} 1")
        _write("/proc/self/gid_map", f"{gid} {gid} 1")


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def change_root(place: str, *, paths: Iterable[str], devices: Iterable[str], hidden: Iterable[str]) -> None:
    """Replaces the root by an empty one that holds `paths`, read-only, at their own names. Raises OSError.

    Args:
        place: an existing folder to build it on; nothing is written to it.
        paths: files and folders to show.
        devices: device files to show.
        hidden: folders within `paths` to cover by empty ones.
    """
    calls.libc("mount", None, b"/", None, MS_REC | MS_PRIVATE, None)
    calls.libc("mount", b"none", place.encode(), b"tmpfs", MS_NOSUID | MS_NODEV, ROOT_SIZE.encode())
    for path in (*paths, *devices):
        _bind(path, place + path)
    os.makedirs(place + SCRATCH, exist_ok=True)
    for path in hidden:
        calls.libc("mount", b"none", (place + path).encode(), b"tmpfs", MS_NOSUID | MS_NODEV, ROOT_SIZE.encode())
    _set_read_only(place)
    os.chdir(place)
    calls.call("pivot_root", b".", b".")  # the old root now lies on top of the new one, see pivot_root(2)
    calls.libc("umount2", b".", MNT_DETACH)
    os.chdir("/")


def mount_scratch(path: str) -> None:
    """A writable folder in memory, for what is loaded before the first run. Raises OSError."""
    calls.libc("mount", b"none", path.encode(), b"tmpfs", MS_NOSUID | MS_NODEV, b"size=16m,mode=700")


def unmount(path: str) -> None:
    """Takes it away, with all that is in it. Raises OSError."""
    calls.libc("umount2", path.encode(), MNT_DETACH)


def _bind(source: str, target: str) -> None:
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "a"):
            pass
    calls.libc("mount", source.encode(), target.encode(), None, MS_BIND | MS_REC, None)


def _set_read_only(place: str) -> None:
    """The root and all that is mounted in it."""
    attributes = MOUNT_ATTR_READ_ONLY.to_bytes(8, "little") + bytes(24)
    calls.call("mount_setattr", AT_FDCWD, place.encode(), AT_RECURSIVE, attributes, len(attributes))
