"""Lists of models that stand in for another, as they are stored."""

from itertools import islice
from typing import Any, Final

Name = tuple[str, str]  # provider, model
MAX_STAND_INS: Final = 5
_NAMED: Final = frozenset({"provider", "name"})


def read_chain(value: Any) -> list[Name]:
    """A stored list of `{provider, name}`; what has another shape, is there twice or too much, is left out."""
    rows = value if isinstance(value, list) else []
    named = (row for row in rows if isinstance(row, dict) and row.keys() >= _NAMED)
    return list(islice(dict.fromkeys((str(row["provider"]), str(row["name"])) for row in named), MAX_STAND_INS))
