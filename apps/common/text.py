"""Text that Postgres and every client can hold."""

import re

from .errors import InvalidParam

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
MAX_DEPTH = 100  # Python's own recursion ends a request in the middle; nobody writes JSON this deep by hand
_SHOWN = 100


def storable(text: str) -> str:
    """Without NUL characters and lone surrogates: JSON can carry both, Postgres and UTF-8 cannot."""
    return _UNSTORABLE.sub("", text) if _UNSTORABLE.search(text) else text


def storable_json(value: object, depth: int = 0) -> object:
    """A JSON value with every string in it made storable.

    Args:
        depth: how many lists and objects are around the value.

    Raises:
        InvalidParam: lists and objects are nested more than MAX_DEPTH deep.
    """
    if isinstance(value, str):
        return storable(value)
    if not isinstance(value, list | dict):
        return value
    if depth >= MAX_DEPTH:
        raise InvalidParam(f"The JSON is nested more than {MAX_DEPTH} levels deep.")
    if isinstance(value, list):
        return [storable_json(item, depth + 1) for item in value]
    return {storable(str(key)): storable_json(item, depth + 1) for key, item in value.items()}


def shown(value: object) -> str:
    """A caller's wrong value as an error sentence may repeat it: its beginning, not its megabytes."""
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
