"""Names people give to files: shown, never used as a path."""

import re
import unicodedata
from typing import Final

MAX_NAME: Final = 255
MAX_EXTENSION: Final = 20
_EXTENSION: Final = re.compile(r"\.([A-Za-z0-9]{1,20})$")


def clean_name(name: str) -> str:
    """The last part of a path, without control and direction characters, at most 255 characters long.

    The extension survives the cut.
    """
    name = re.split(r"[/\\]", name)[-1]
    name = "".join(character for character in name if unicodedata.category(character) not in {"Cc", "Cf", "Cs"})
    name = name.strip()
    if not name.strip(". "):
        return "unnamed"
    if len(name) > MAX_NAME:
        ending = extension_of(name)
        tail = f".{ending}" if ending else ""
        name = name[: MAX_NAME - len(tail)] + tail
    return name


def extension_of(name: str) -> str:
    """What stands after the last dot, in lower case; "" if that is no extension."""
    match = _EXTENSION.search(name)
    return match.group(1).lower() if match else ""
