"""Values of runs as they are stored: without secrets, and not longer than a log can bear."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from apps.common.text import storable

MASK: Final = "****"
MAX_CHARACTERS: Final = 1_000_000  # of one text; the start of a longer one is kept, with its length
SHOWN_CHARACTERS: Final = 10_000
MAX_ITEMS: Final = 20_000  # of one list
MAX_DEPTH: Final = 60
# A secret of one or two characters would tear every other text apart.
LEAST_SECRET: Final = 3


def kept(value: Any, secrets: Sequence[str] = ()) -> Any:
    """The value as it is stored.

    Args:
        secrets: texts that are replaced by `****` wherever they stand.

    Returns:
        Texts over a million characters end after ten thousand and say how long they were; lists over twenty thousand
        items likewise; what lies deeper than sixty levels is left out.
    """
    return _kept(value, sorted((text for text in secrets if len(text) >= LEAST_SECRET), key=len, reverse=True), 0)


def _kept(value: Any, secrets: Sequence[str], depth: int) -> Any:
    if isinstance(value, str):
        return _text(value, secrets)
    if depth >= MAX_DEPTH and isinstance(value, Mapping | list | tuple):
        return "… (deeper levels are not kept)"
    if isinstance(value, Mapping):
        return {_text(str(key), secrets): _kept(inner, secrets, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        items = [_kept(item, secrets, depth + 1) for item in value[:MAX_ITEMS]]
        return items if len(value) <= MAX_ITEMS else [*items, f"… ({len(value):,} items in all)"]
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return _text(str(value), secrets)  # JSON has no word for it


def _text(text: str, secrets: Sequence[str]) -> str:
    text = storable(text)
    for secret in secrets:
        text = text.replace(secret, MASK)
    if len(text) <= MAX_CHARACTERS:
        return text
    return f"{text[:SHOWN_CHARACTERS]}… ({len(text):,} characters in all)"
