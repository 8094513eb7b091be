"""The variables of a run: who wrote which, references to them, and what they look like in a text (DSL 2)."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

REFERENCE: Final = re.compile(r"\{\{#([a-zA-Z0-9_]{1,50}(?:\.[a-zA-Z_][a-zA-Z0-9_]{0,29}){1,10})#\}\}")
NAMESPACES: Final = frozenset({"sys", "env", "conversation"})
# What flows call a part of a file object otherwise than the object does.
FILE_KEYS: Final[Mapping[str, str]] = {"name": "filename"}
Selector = Sequence[str]


class Missing:
    """Nobody has written the variable."""

    def __bool__(self) -> bool:
        return False


MISSING: Final = Missing()


class VariablePool:
    """Variables by node and name.

    Args:
        values: those that are there from the beginning, by namespace or node.
        outer: the pool around an iteration's round. What is written here is not seen there.
    """

    def __init__(
        self, values: Mapping[str, Mapping[str, Any]] | None = None, outer: "VariablePool | None" = None
    ) -> None:
        self._values: dict[str, dict[str, Any]] = {name: dict(found) for name, found in (values or {}).items()}
        self._outer = outer

    def write(self, node_id: str, values: Mapping[str, Any]) -> None:
        """What a node has brought; conversation variables are written where all see them."""
        if node_id == "conversation" and self._outer is not None:
            self._outer.write(node_id, values)
        else:
            self._values.setdefault(node_id, {}).update(values)

    def assign(self, node_id: str, name: str, value: Any) -> None:
        """Changes a variable where it was written, so that it lasts as long as it did."""
        if self._outer is not None and name not in self._values.get(node_id, {}):
            self._outer.assign(node_id, name, value)
        else:
            self._values.setdefault(node_id, {})[name] = value

    def dump(self) -> dict[str, dict[str, Any]]:
        """All that is written, but the environment: a run that is resumed reads that anew."""
        return {name: dict(values) for name, values in self._values.items() if name != "env"}

    def own(self, node_id: str) -> Mapping[str, Any]:
        """What is written under a node in this pool, not around it."""
        return dict(self._values.get(node_id, {}))

    def read(self, selector: Selector) -> Any:
        """The value a selector names, MISSING where there is none; further parts are keys of objects."""
        if len(selector) < 2:
            return MISSING
        found = self._written(str(selector[0]), str(selector[1]))
        for key in selector[2:]:
            if not isinstance(found, Mapping):
                return MISSING
            key = FILE_KEYS.get(key, key) if is_file(found) else key
            if key not in found:
                return MISSING
            found = found[key]
        return found

    def _written(self, node_id: str, name: str) -> Any:
        values = self._values.get(node_id)
        if values is not None and name in values:
            return values[name]
        return MISSING if self._outer is None else self._outer._written(node_id, name)

    def value(self, selector: Selector) -> Any:
        """As `read`, None where there is none."""
        found = self.read(selector)
        return None if found is MISSING else found

    def all_of(self, node_id: str) -> Mapping[str, Any]:
        """All that is written under a node or namespace."""
        outer = {} if self._outer is None else self._outer.all_of(node_id)
        return {**outer, **self._values.get(node_id, {})}

    def fill(self, template: str, form: Callable[[Any], str] | None = None, *, keep_missing: bool = True) -> str:
        """The template with its references resolved.

        Args:
            form: how a value is written, `as_text` unless said.
            keep_missing: of a reference to nothing its inner text stays, else nothing does.
        """
        write = form or as_text

        def resolve(match: re.Match[str]) -> str:
            found = self.read(match[1].split("."))
            if found is MISSING:
                return match[1] if keep_missing else ""
            return write(found)

        return REFERENCE.sub(resolve, template)


def selectors_in(template: str) -> list[list[str]]:
    """The selectors a text refers to, in order."""
    return [match.split(".") for match in REFERENCE.findall(template)]


def is_file(value: Any) -> bool:
    """Whether a value is a file object (service API 5.2)."""
    return isinstance(value, Mapping) and "transfer_method" in value and "type" in value


def type_of(value: Any) -> str:
    """The name of a value's type (DSL 2.1)."""
    if isinstance(value, list):
        kinds = {type_of(item) for item in value}
        return f"array[{kinds.pop()}]" if len(kinds) == 1 else "array[any]"
    if is_file(value):
        return "file"
    simple = {bool: "boolean", int: "number", float: "number", str: "string", type(None): "none"}
    return simple.get(type(value), "object")


def as_text(value: Any) -> str:
    """A value within a prompt, an address, a body."""
    if value is None or is_file(value):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        if not value or any(map(is_file, value)):
            return ""
        return json.dumps(value, ensure_ascii=False) if all(isinstance(item, str) for item in value) else str(value)
    return str(value)


def as_markdown(value: Any) -> str:
    """A value within an answer."""
    if is_file(value):
        name, url = value.get("filename") or value.get("name") or "file", value.get("url") or ""
        return f"{'!' if value['type'] == 'image' else ''}[{name}]({url})"
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False, indent=2)
    if isinstance(value, list):
        if any(map(is_file, value)):
            return "\n".join(as_markdown(item) for item in value)
        return "\n".join(f"- {as_markdown(item)}" for item in value)
    return as_text(value)
