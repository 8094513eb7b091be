"""The demo model's way to set up an assistant: it turns a description round, by rules anybody can read here."""

import re
from collections.abc import Mapping
from typing import Any, Final

_NAMED: Final = re.compile(r"\{\{(\w{1,30})\}\}|<([a-z][\w ]{0,28})>|\[([a-z][\w ]{0,28})\]")
_GIVEN: Final = re.compile(r"\b(?:given|any|into a chosen|in a chosen|a chosen|chosen by the user)\s+([a-z]{3,20})\b")
MAX_NAMES: Final = 5


def is_wanted(example: Mapping[str, Any]) -> bool:
    """Whether the JSON that is asked for is the design of an assistant."""
    return isinstance(example.get("prompt"), str) and isinstance(example.get("variables"), list)


def design(description: str) -> dict[str, Any]:
    """Instructions that repeat the description, a variable for each thing it leaves open, an opener that quotes it.

    Open is what stands in `{{braces}}`, `<angles>` or `[brackets]`, and what follows "given", "any" or "chosen".
    """
    text = " ".join(description.split())
    names = [_as_name(next(filter(None, match.groups()))) for match in _NAMED.finditer(text)]
    names += [_as_name(match[1]) for match in _GIVEN.finditer(text)]
    names = list(dict.fromkeys(names))[:MAX_NAMES]
    about = _NAMED.sub(lambda match: f"{{{{{_as_name(next(filter(None, match.groups())))}}}}}", text)
    lines = ["You are an assistant with this task:", about]
    lines += [
        f"{name.replace('_', ' ').capitalize()}: {{{{{name}}}}}" for name in names if f"{{{{{name}}}}}" not in about
    ]
    lines.append("Keep to the task. If you do not know something, say so.")
    return {
        "prompt": "\n".join(lines),
        "variables": names,
        "opening_statement": f"Hello! I was set up for this: {_first_sentence(text)}",
    }


def _as_name(words: str) -> str:
    return re.sub(r"\W+", "_", words.strip().lower()).strip("_")


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?])\s", text, maxsplit=1)[0][:200]
