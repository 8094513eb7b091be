"""What code may return: the declared outputs, of their types, within limits (DSL 4.8)."""

from collections.abc import Mapping
from typing import Any, Final

from apps.workflows.engine.contracts import NodeFailed

MAX_CHARACTERS: Final = 400_000
MAX_NUMBER: Final = 2**63 - 1
MAX_ITEMS: Final = {"string": 30, "object": 30, "number": 1000, "boolean": 1000}
MAX_DEPTH: Final = 5


def checked(found: Mapping[str, Any], declared: Mapping[str, Any], depth: int = 1) -> dict[str, Any]:
    """The declared outputs among what was returned. Raises NodeFailed: one is missing or does not fit."""
    if not declared:
        return dict(found)
    if depth > MAX_DEPTH:
        raise NodeFailed(f"Outputs may be nested {MAX_DEPTH} levels deep.")
    outputs = {}
    for name, shape in declared.items():
        if name not in found:
            raise NodeFailed(f"Output {name} is missing.")
        outputs[name] = _value(name, found[name], shape if isinstance(shape, Mapping) else {}, depth)
    return outputs


def _value(name: str, value: Any, shape: Mapping[str, Any], depth: int) -> Any:
    kind = str(shape.get("type") or "")
    if value is None:
        return None
    if kind.startswith("array["):
        return _items(name, value, kind[6:-1], shape, depth)
    if kind == "object":
        if not isinstance(value, Mapping):
            raise NodeFailed(f"Output {name} must be an object, it is {_kind(value)}.")
        return checked(value, shape.get("children") or {}, depth + 1)
    return _simple(name, value, kind)


def _items(name: str, value: Any, kind: str, shape: Mapping[str, Any], depth: int) -> list[Any]:
    if not isinstance(value, list):
        raise NodeFailed(f"Output {name} must be a list, it is {_kind(value)}.")
    most = MAX_ITEMS.get(kind, 30)
    if len(value) > most:
        raise NodeFailed(f"The length of output variable `{name}` must be less than {most} elements.")
    inner = {"type": kind, "children": shape.get("children")}
    return [_value(f"{name}[{place}]", item, inner, depth) for place, item in enumerate(value)]


def _simple(name: str, value: Any, kind: str) -> Any:
    if kind == "string":
        if not isinstance(value, str):
            raise NodeFailed(f"Output {name} must be a string, it is {_kind(value)}.")
        if len(value) > MAX_CHARACTERS:
            raise NodeFailed(f"The length of output variable `{name}` must be less than {MAX_CHARACTERS} characters.")
        return value.replace("\0", "")
    if kind == "number":
        if not isinstance(value, bool | int | float):
            raise NodeFailed(f"Output {name} must be a number, it is {_kind(value)}.")
        if not -MAX_NUMBER <= value <= MAX_NUMBER:
            raise NodeFailed(f"Output variable `{name}` is out of range.")
        return int(value) if isinstance(value, bool) else value
    if kind == "boolean" and not isinstance(value, bool):
        raise NodeFailed(f"Output {name} must be a boolean, it is {_kind(value)}.")
    return value


def _kind(value: Any) -> str:
    return {dict: "an object", list: "a list", str: "a string", bool: "a boolean"}.get(type(value), "a number")
