"""Values of runs as they are stored: without secrets, and in rows that are not larger than a log can bear.

What is too big for its row is kept whole in a row of its own (`models.BigValue`); the run's or the node's row holds the
start of it.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from apps.common.text import storable

MASK: Final = "****"
MAX_CHARACTERS: Final = 1_000_000  # of one field, as JSON
MAX_WHOLE: Final = 100_000_000  # of what is kept beside it: Postgres takes a text of a gigabyte
SHOWN_CHARACTERS: Final = 10_000  # of one text in the start of a value
START_ROOM: Final = 100_000  # characters, and as many numbers, of the whole start
MAX_DEPTH: Final = 200
# A secret of one or two characters would tear every other text apart.
LEAST_SECRET: Final = 3


@dataclass(frozen=True, slots=True)
class Kept:
    """A field as it is stored.

    Args:
        shown: JSON for its row.
        whole: JSON of all of it, where its row holds but the start.
    """

    shown: str
    whole: str | None = None


def kept(value: Any, secrets: Sequence[str] = ()) -> Kept:
    """A field of a row.

    Args:
        secrets: texts that are replaced by `****` wherever they stand.

    Returns:
        A field of over a million characters is kept whole beside its row. In the row its texts end after ten thousand
        and say how long they are, lists and objects likewise. Of one over a hundred million the start alone is kept.
    """
    found = masked(value, secrets)
    written = _json(found)
    if len(written) <= MAX_CHARACTERS:
        return Kept(written)
    return Kept(_json(_Start().of(found)), written if len(written) <= MAX_WHOLE else None)


def masked(value: Any, secrets: Sequence[str] = ()) -> Any:
    """The value as JSON can hold it and everybody may see it; what lies deeper than two hundred levels is left out."""
    return _masked(value, sorted((text for text in secrets if len(text) >= LEAST_SECRET), key=len, reverse=True), 0)


def sentence(text: str, secrets: Sequence[str] = ()) -> str:
    """An error as it is stored."""
    return _beginning(_text(text, secrets), SHOWN_CHARACTERS)


def _masked(value: Any, secrets: Sequence[str], depth: int) -> Any:
    if isinstance(value, str):
        return _text(value, secrets)
    if depth >= MAX_DEPTH and isinstance(value, Mapping | list | tuple):
        return "… (deeper levels are not kept)"
    if isinstance(value, Mapping):
        return {_text(str(key), secrets): _masked(inner, secrets, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(item, secrets, depth + 1) for item in value]
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return _text(str(value), secrets)  # JSON has no word for it


def _text(text: str, secrets: Sequence[str]) -> str:
    text = storable(text)
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text


def _beginning(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters in all)"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


class _Start:
    """The start of a value that is JSON."""

    def __init__(self) -> None:
        self._room = START_ROOM

    def of(self, value: Any) -> Any:
        self._room -= 1
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict):
            return self._map(value)
        return self._list(value) if isinstance(value, list) else value

    def _text(self, text: str) -> str:
        most = max(min(SHOWN_CHARACTERS, self._room), 0)
        self._room -= min(len(text), most)
        return _beginning(text, most)

    def _list(self, items: list[Any]) -> list[Any]:
        found: list[Any] = []
        for item in items:
            if self._room <= 0:
                return [*found, f"… ({len(items):,} items in all)"]
            found.append(self.of(item))
        return found

    def _map(self, values: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in values.items():
            if self._room <= 0:
                return {**found, "…": f"({len(values):,} keys in all)"}
            found[self._text(key)] = self.of(value)
        return found
