"""Paths into JSON: `$`, `.name`, `['name']`, `[2]`, `[-1]`, `[*]` and `..name` (RFC 9535, without filters)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from apps.tools.contracts import ToolFailed

_STEP: Final = re.compile(
    r"""(?P<deep>\.\.)?(?:\.?(?P<name>[^\W\d][\w-]*)|\.?(?P<star>\*)|\[(?:(?P<index>-?\d{1,9})|(?P<every>\*)"""
    r"""|'(?P<single>[^']*)'|"(?P<double>[^"]*)")\])"""
)
_MOST_STEPS: Final = 100


@dataclass(frozen=True, slots=True)
class Place:
    """A value and what holds it."""

    holder: Any
    key: Any

    @property
    def value(self) -> Any:
        """What stands there."""
        return self.holder[self.key]

    def replace(self, value: Any) -> None:
        """Puts another value there."""
        self.holder[self.key] = value

    def delete(self) -> None:
        """Takes it out."""
        del self.holder[self.key]

    def rename(self, name: str) -> None:
        """Gives the value of an object another name, at the end of it."""
        if isinstance(self.holder, dict):
            self.holder[name] = self.holder.pop(self.key)

    def replace_part(self, part: str, text: str) -> None:
        """Replaces a part of a text."""
        if part and isinstance(self.value, str):
            self.replace(self.value.replace(part, text))


def places_of(content: Any, path: str, *, create: bool = False) -> Iterator[Place]:
    """Every place a path names.

    Args:
        create: names of objects that do not exist are made.

    Raises:
        ToolFailed: the path cannot be read, or it is the whole content, which nothing holds.
    """
    found = [Place({"$": content}, "$")]
    for step in _steps(path):
        found = [inner for place in found for inner in _next(place.value, step, create=create)]
    return iter(found)


def _steps(path: str) -> list[re.Match[str]]:
    rest = path.strip().removeprefix("$")
    steps: list[re.Match[str]] = []
    while rest:
        match = _STEP.match(rest)
        if match is None or len(steps) >= _MOST_STEPS:
            raise ToolFailed(f"The path {path[:80]!r} cannot be read. Write one such as $.items[0].name.")
        steps.append(match)
        rest = rest[match.end() :]
    if not steps:
        raise ToolFailed("The path is empty. Write one such as $.items[0].name.")
    return steps


def _next(value: Any, step: re.Match[str], *, create: bool) -> Iterator[Place]:
    if step["deep"]:
        for inner in _all_values(value):
            yield from _own(inner, step, create=False)
    else:
        yield from _own(value, step, create=create)


def _own(value: Any, step: re.Match[str], *, create: bool) -> Iterator[Place]:
    if step["star"] or step["every"]:
        keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
        yield from (Place(value, key) for key in keys)
    elif step["index"] is not None:
        index = int(step["index"])
        if isinstance(value, list) and -len(value) <= index < len(value):
            yield Place(value, index % len(value))
    elif isinstance(value, dict):
        name = next(found for found in (step["name"], step["single"], step["double"]) if found is not None)
        if create:
            value.setdefault(name, {})
        if name in value:
            yield Place(value, name)


def _all_values(value: Any) -> Iterator[Any]:
    open_ = [value]
    while open_:
        found = open_.pop()
        yield found
        open_ += reversed(list(found.values()) if isinstance(found, dict) else found if isinstance(found, list) else [])
