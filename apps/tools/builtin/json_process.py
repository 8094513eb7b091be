"""Reads and changes JSON by paths such as `$.items[0].name`."""

import json
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from pydantic import Field

from apps.tools.contracts import Switch, Tool, ToolArgs, ToolFailed, ToolPorts, ToolResult, setting, tools

from ._paths import Place, places_of


class JsonArgs(ToolArgs):
    """See `ToolArgs`."""

    content: str = Field(description="The JSON text.")
    ensure_ascii: Switch = setting(True, "Whether letters beyond ASCII are escaped.")


class ParseArgs(JsonArgs):
    """See `ToolArgs`."""

    json_filter: str = Field(description="The path of what is wanted, such as $.items[0].name.")


class QueryArgs(JsonArgs):
    """See `ToolArgs`."""

    query: str = Field(description="The path of what is to change, such as $.items[0].name.")


class InsertArgs(QueryArgs):
    """See `ToolArgs`."""

    new_value: str = Field(description="The value, as JSON or as text.")
    create_path: Switch = setting(False, "Whether objects on the way are made where there are none.")


class ReplaceArgs(QueryArgs):
    """See `ToolArgs`."""

    replace_model: str = setting("pattern", "What is replaced: pattern (a part of texts), key or value.")
    replace_pattern: str = setting("", "The part of a text, in the mode pattern.")
    replace_value: str = Field("", description="What stands there afterwards.")
    value_decode: Switch = setting(False, "Whether the new value is JSON.")


@tools.register
class Parse(Tool[ParseArgs]):
    """A value out of JSON."""

    key: ClassVar[str] = "json_process/parse"
    label: ClassVar[str] = "JSON parse"
    description: ClassVar[str] = "Takes a value out of JSON by its path."
    Args = ParseArgs

    async def use(self, args: ParseArgs, ports: ToolPorts) -> ToolResult:
        """See the base class."""
        found = [place.value for place in places_of(_read(args.content), args.json_filter)]
        if not found:
            raise ToolFailed(f"Nothing stands at {args.json_filter[:80]}.")
        value = found[0] if len(found) == 1 else found
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=args.ensure_ascii)
        return ToolResult(text, [value] if isinstance(value, dict) else [])


@tools.register
class Delete(Tool[QueryArgs]):
    """JSON without what stands at a path."""

    key: ClassVar[str] = "json_process/json_delete"
    label: ClassVar[str] = "JSON delete"
    description: ClassVar[str] = "Takes what stands at a path out of JSON."
    Args = QueryArgs

    async def use(self, args: QueryArgs, ports: ToolPorts) -> ToolResult:
        """See the base class."""
        return _changed(args, lambda place: place.delete())


@tools.register
class Insert(Tool[InsertArgs]):
    """JSON with a new value at a path."""

    key: ClassVar[str] = "json_process/json_insert"
    label: ClassVar[str] = "JSON insert"
    description: ClassVar[str] = "Sets the value at a path of JSON; appends it to a list that stands there."
    Args = InsertArgs

    async def use(self, args: InsertArgs, ports: ToolPorts) -> ToolResult:
        """See the base class."""
        value = _value(args.new_value)

        def insert(place: Place) -> None:
            place.value.append(value) if isinstance(place.value, list) else place.replace(value)

        return _changed(args, insert, create=args.create_path)


@tools.register
class Replace(Tool[ReplaceArgs]):
    """JSON with something replaced."""

    key: ClassVar[str] = "json_process/json_replace"
    label: ClassVar[str] = "JSON replace"
    description: ClassVar[str] = "Replaces a value, a key or a part of a text at a path of JSON."
    Args = ReplaceArgs

    async def use(self, args: ReplaceArgs, ports: ToolPorts) -> ToolResult:
        """See the base class."""
        value = _value(args.replace_value) if args.value_decode else args.replace_value
        deeds: dict[str, Callable[[Place], None]] = {
            "key": lambda place: place.rename(args.replace_value),
            "value": lambda place: place.replace(value),
            "pattern": lambda place: place.replace_part(args.replace_pattern, args.replace_value),
        }
        if args.replace_model not in deeds:
            raise ToolFailed("replace_model must be pattern, key or value.")
        return _changed(args, deeds[args.replace_model])


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ToolFailed("The content is no JSON.") from error


def _value(text: str) -> Any:
    """Of text that is no JSON the text itself."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _changed(args: QueryArgs, change: Callable[[Place], None], *, create: bool = False) -> ToolResult:
    content = _read(args.content)
    for place in _backwards(places_of(content, args.query, create=create)):
        change(place)
    text = json.dumps(content, ensure_ascii=args.ensure_ascii)
    return ToolResult(text, [content] if isinstance(content, dict) else [])


def _backwards(places: Iterator[Place]) -> Iterator[Place]:
    """Last first, so that taking one out of a list does not move the others."""
    return iter(list(places)[::-1])
