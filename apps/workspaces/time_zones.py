"""The time zones a person may choose. They are read once: looking walks through hundreds of files."""

from functools import cache
from zoneinfo import available_timezones


@cache
def all_zones() -> frozenset[str]:
    """Every name that the machine knows."""
    return frozenset(available_timezones())


@cache
def offered_zones() -> tuple[str, ...]:
    """The names offered, by region."""
    return tuple(sorted(name for name in all_zones() if "/" in name and not name.startswith(("Etc/", "posix/"))))
