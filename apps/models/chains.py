"""Lists of models that stand in for another, as they are stored."""

from typing import Any, Final

Name = tuple[str, str]  # provider, model
_NAMED: Final = frozenset({"provider", "name"})


def read_chain(value: Any) -> list[Name]:
    """A stored list of `{provider, name}`; what has another shape is left out."""
    rows = value if isinstance(value, list) else []
    return [(str(row["provider"]), str(row["name"])) for row in rows if isinstance(row, dict) and row.keys() >= _NAMED]
