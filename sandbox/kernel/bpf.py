"""A small assembler of classic BPF, and the system call filter made with it.

Source: `linux/seccomp.h`, `linux/filter.h`, Documentation/userspace-api/seccomp_filter.rst.
"""

import ctypes
import errno
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from . import calls

LOAD, AND, RETURN = 0x20, 0x54, 0x06
JUMP, JUMP_EQUAL, JUMP_AT_LEAST = 0x05, 0x15, 0x35
ALLOW, KILL_PROCESS, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER_AT, MACHINE_AT, ARGUMENTS_AT = 0, 4, 16
X32 = 0x40000000
SECCOMP_MODE_FILTER = 2

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, operand
ALLOWED: Instruction = (RETURN, 0, 0, ALLOW)
REFUSED: Instruction = (RETURN, 0, 0, ERRNO | errno.EPERM)


@dataclass(frozen=True, slots=True)
class Masked:
    """Holds if `argument & mask == value`, in 64 bits."""

    argument: int
    mask: int
    value: int


@dataclass(frozen=True, slots=True)
class OneOf:
    """Holds if the whole 64 bit argument is one of `values` (each of at most 32 bits)."""

    argument: int
    values: tuple[int, ...]


Condition = Masked | OneOf


class Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def assemble(
    *,
    machine: str,
    allowed: Iterable[str],
    conditional: Mapping[str, Sequence[Condition]],
    refused: Mapping[str, int],
) -> bytes:
    """The filter as the kernel takes it. What is not named gets EPERM; another machine's calls kill.

    Args:
        machine: as in `calls.TABLES`. Names this machine does not have are left out.
        allowed: allowed whatever their arguments.
        conditional: allowed if every condition holds.
        refused: refused with this errno instead of EPERM.

    Raises:
        calls.UnknownMachineError: no table for the machine.
    """
    if machine not in calls.TABLES:
        raise calls.UnknownMachineError(f"no table of system calls for {machine}")
    table = calls.TABLES[machine]
    blocks: dict[int, list[Instruction]] = {table[name]: [ALLOWED] for name in allowed if name in table}
    blocks |= {table[name]: [(RETURN, 0, 0, ERRNO | error)] for name, error in refused.items() if name in table}
    blocks |= {table[name]: _guarded(conditions) for name, conditions in conditional.items() if name in table}
    program = [*_head(machine), *_search(_segments(blocks))]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


Segment = tuple[int, list[Instruction]]  # the first number it is for, what to do


def _segments(blocks: Mapping[int, list[Instruction]]) -> list[Segment]:
    """Ranges of numbers that are treated alike, over all numbers there are."""
    segments: list[Segment] = [(0, [REFUSED])]
    for number in range(max(blocks) + 2):
        block = blocks.get(number, [REFUSED])
        if block != segments[-1][1]:
            segments.append((number, block))
    return segments


def _search(segments: Sequence[Segment]) -> list[Instruction]:
    """A binary search for the segment. The kernel tries every number once per filter it is given, hence no list."""
    if len(segments) == 1:
        return segments[0][1]
    middle = len(segments) // 2
    below, above = _search(segments[:middle]), _search(segments[middle:])
    return [(JUMP_AT_LEAST, 0, 1, segments[middle][0]), (JUMP, 0, 0, len(below)), *below, *above]


def _head(machine: str) -> list[Instruction]:
    program = [
        (LOAD, 0, 0, MACHINE_AT),
        (JUMP_EQUAL, 1, 0, calls.AUDIT_ARCHITECTURES[machine]),
        (RETURN, 0, 0, KILL_PROCESS),
        (LOAD, 0, 0, NUMBER_AT),
    ]
    if machine == "x86_64":
        program += [(JUMP_AT_LEAST, 0, 1, X32), (RETURN, 0, 0, KILL_PROCESS)]
    return program


def _guarded(conditions: Sequence[Condition]) -> list[Instruction]:
    """A block that allows the call if all conditions hold."""
    body: list[Instruction] = []
    for condition in conditions:
        body += _masked(condition) if isinstance(condition, Masked) else _one_of(condition)
    return [*body, ALLOWED]


def _masked(condition: Masked) -> list[Instruction]:
    body: list[Instruction] = []
    for shift in (0, 32):
        body += [
            (LOAD, 0, 0, ARGUMENTS_AT + 8 * condition.argument + shift // 8),
            (AND, 0, 0, condition.mask >> shift & 0xFFFFFFFF),
            (JUMP_EQUAL, 1, 0, condition.value >> shift & 0xFFFFFFFF),
            REFUSED,
        ]
    return body


def _one_of(condition: OneOf) -> list[Instruction]:
    low = ARGUMENTS_AT + 8 * condition.argument
    body: list[Instruction] = [
        (LOAD, 0, 0, low + 4),
        (JUMP_EQUAL, 1, 0, 0),
        REFUSED,
        (LOAD, 0, 0, low),
    ]
    for position, value in enumerate(condition.values):
        body.append((JUMP_EQUAL, len(condition.values) - position, 0, value))
    return [*body, REFUSED]


def installer(program: bytes) -> Callable[[], int]:
    """Returns what puts the filter on a thread for ever; no_new_privs must be set there. It raises OSError."""
    buffer = ctypes.create_string_buffer(program, len(program))
    described = Program(len(program) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    return calls.prepared("prctl", calls.PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(described), 0, 0)
