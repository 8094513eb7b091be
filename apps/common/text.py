"""Text that Postgres and every client can hold."""

import re

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """Without NUL characters and lone surrogates: JSON can carry both, Postgres and UTF-8 cannot."""
    return _UNSTORABLE.sub("", text) if _UNSTORABLE.search(text) else text


def storable_json(value: object) -> object:
    """A JSON value with every string in it made storable."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [storable_json(item) for item in value]
    if isinstance(value, dict):
        return {storable(str(key)): storable_json(item) for key, item in value.items()}
    return value
