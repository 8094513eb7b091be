"""The system call filters, run instruction by instruction as the kernel does, for both machines."""

import errno
import re
import struct
from pathlib import Path

import pytest

from sandbox.kernel import bpf, calls, filters

ALLOW, EPERM, ENOSYS, KILL = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS, 0x80000000
CLONE_THREAD = 0x3D0F00  # what the C library passes for a thread


def verdict(program: bytes, machine: str, number: int, *args: int, audit: int | None = None) -> int:
    data = struct.pack("<IIQ6Q", number, audit or calls.AUDIT_ARCHITECTURES[machine], 0, *(args + (0,) * 6)[:6])
    instructions = list(struct.iter_unpack("=HBBI", program))
    at, value = 0, 0
    while True:
        code, true, false, k = instructions[at]
        at += 1
        if code == 0x20:
            value = struct.unpack_from("<I", data, k)[0]
        elif code == 0x54:
            value &= k
        elif code == 0x06:
            return k
        elif code == 0x05:
            at += k
        else:
            assert code in (0x15, 0x35)
            at += true if (value == k if code == 0x15 else value >= k) else false


def assembled(machine: str) -> bytes:
    return bpf.assemble(
        machine=machine, allowed=filters.ALLOWED, conditional=filters.CONDITIONAL, refused=filters.REFUSED
    )


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_every_number(machine: str) -> None:
    program, table = assembled(machine), calls.TABLES[machine]
    assert len(program) // 8 < 4096
    names = {number: name for name, number in table.items()}
    for number in range(1200):
        name = names.get(number, "")
        if name in filters.CONDITIONAL:
            continue
        expected = ALLOW if name in filters.ALLOWED else ENOSYS if name == "clone3" else EPERM
        assert verdict(program, machine, number) == expected, (number, name)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize(
    ("name", "args", "expected"),
    [
        ("clone", (CLONE_THREAD,), ALLOW), ("clone", (17,), EPERM), ("clone", (CLONE_THREAD | 0x10000000,), EPERM),
        ("clone", (CLONE_THREAD | 0x20000000,), EPERM), ("clone", (CLONE_THREAD | 0x80,), EPERM), ("clone", (0x100,), EPERM),
        ("socketpair", (1, 1 | 0x80800, 0), ALLOW), ("socketpair", (1, 2, 0), EPERM), ("socketpair", (1, 5, 0), EPERM),
        ("socketpair", (2, 1, 0), EPERM), ("socketpair", (1 << 32 | 1, 1, 0), EPERM),
        ("sendto", (3, 0, 1, 0, 0, 0), ALLOW), ("sendto", (3, 0, 1, 0, 4096, 16), EPERM), ("sendto", (3, 0, 1, 0, 1 << 40, 16), EPERM),
        ("prctl", (15,), ALLOW), ("prctl", (22, 2), EPERM), ("prctl", (4, 1), EPERM), ("prctl", (1, 9), EPERM),
        ("prlimit64", (0, 7, 0), ALLOW), ("prlimit64", (0, 7, 4096), EPERM), ("prlimit64", (1, 7, 0), EPERM),
        ("fcntl", (1, 3), ALLOW), ("fcntl", (1, 8), EPERM), ("fcntl", (1, 10), EPERM), ("fcntl", (1, 1031), EPERM),
        ("ioctl", (1, 0x5401), ALLOW), ("ioctl", (1, 0x5412), EPERM), ("ioctl", (1, 0x8901), EPERM), ("execve", (1,), EPERM),
    ],
)  # fmt: skip
def test_arguments(machine: str, name: str, args: tuple[int, ...], expected: int) -> None:
    assert verdict(assembled(machine), machine, calls.TABLES[machine][name], *args) == expected


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_other_machines_calls_kill(machine: str) -> None:
    program = assembled(machine)
    assert verdict(program, machine, 0, audit=0x40000003) == KILL  # 32 bit
    if machine == "x86_64":
        assert verdict(program, machine, 0x40000000 | 39) == KILL  # x32


def test_node_may_start_by_one_pointer_only() -> None:
    machine = calls.machine()
    program, execve = filters.for_node(0x7F0012345678), calls.TABLES[machine]["execve"]
    assert verdict(program, machine, execve, 0x7F0012345678) == ALLOW
    assert verdict(program, machine, execve, 0x7F0012345679) == EPERM
    assert verdict(program, machine, execve, 0x12345678) == EPERM
    mmap = calls.TABLES[machine]["mmap"]
    assert verdict(program, machine, mmap, 0, 4096, 3, 0x22) == ALLOW
    assert verdict(program, machine, mmap, 0, 4096, 3, 0x21) == EPERM


HEADERS = {
    "x86_64": ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm/unistd_64.h"),
    "aarch64": ("/usr/include/asm-generic/unistd.h",),  # arm64 has no numbers of its own
}


def numbers_of_the_kernel(machine: str) -> dict[str, int]:
    """As the kernel's headers for programs have them (Debian: linux-libc-dev)."""
    path = next((path for path in map(Path, HEADERS[machine]) if path.exists()), None)
    if path is None:
        pytest.skip(f"no kernel headers with the system calls of {machine}")
    found: dict[str, int] = {}
    for name, value in re.findall(r"^#define __NR(\w+)\s+(\w+)", path.read_text(), re.MULTILINE):
        # `__NR3264_` are those whose name depends on the width of a word; the first name they are given is that of 64 bit.
        number = int(value) if value.isdecimal() else found.get(value.removeprefix("__NR"))
        if number is not None:
            found.setdefault(name, number)
    return {name.removeprefix("_"): number for name, number in found.items() if name.startswith("_")}


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_tables_are_the_kernels(machine: str) -> None:
    known, table = numbers_of_the_kernel(machine), calls.TABLES[machine]
    assert table == {name: known[name] for name in table}
    wanted = filters.ALLOWED | filters.CONDITIONAL.keys() | filters.REFUSED.keys()
    assert [name for name in wanted if name in known and name not in table] == []  # nothing is left out by mistake


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_what_the_kernel_knows_beyond_is_refused(machine: str) -> None:
    program, table = assembled(machine), calls.TABLES[machine]
    named = {table[name] for name in (*filters.ALLOWED, *filters.CONDITIONAL, *filters.REFUSED) if name in table}
    for name, number in numbers_of_the_kernel(machine).items():
        assert number in named or verdict(program, machine, number) == EPERM, name
