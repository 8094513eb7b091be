"""Reads values of app files, which may have any shape: what does not fit counts as absent."""

from collections.abc import Mapping, Sequence
from typing import Any


def as_map(value: object) -> Mapping[str, Any]:
    """The map, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def as_list(value: object) -> Sequence[Any]:
    """The list, or an empty one."""
    return value if isinstance(value, list | tuple) else ()


def as_texts(value: object) -> tuple[str, ...]:
    """The items of a list as text, without empty ones."""
    return tuple(str(item) for item in as_list(value) if item not in (None, ""))


def as_whole(value: object) -> int | None:
    """A whole number above zero, which may be written as text; None for all else."""
    if isinstance(value, str) and value.isdecimal() and len(value) < 10:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def as_number(value: object) -> float | None:
    """A finite number; None for all else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e15 else None
