"""Changes variables of a conversation or a loop (DSL 4.13)."""

import json
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from apps.workflows.engine.config import NodeConfig
from apps.workflows.engine.contracts import Node, NodeContext, NodeFailed, NodeResult, nodes
from apps.workflows.engine.variables import MISSING

ERROR: Final = "VariableOperatorNodeError"
NEEDS_NO_VALUE: Final = frozenset({"clear", "remove-first", "remove-last"})


@nodes.register
class Assigner(Node[NodeConfig]):
    """Items run in order, and later ones see what earlier ones changed. A source that is null changes nothing."""

    key: ClassVar[str] = "assigner"
    label: ClassVar[str] = "Variable assigner"

    async def run(self, config: NodeConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        changed = {}
        for item in _items(context.data):
            selector = [str(part) for part in item.get("variable_selector") or ()]
            before = context.pool.read(selector)
            if len(selector) != 2 or before is MISSING:
                raise NodeFailed(f"The variable {'.'.join(selector)} is not found.", ERROR)
            operation, value = str(item.get("operation") or ""), _value(item, context)
            if value is None and operation not in NEEDS_NO_VALUE:
                continue
            after = _apply(operation, before, value)
            context.pool.assign(selector[0], selector[1], after)
            changed[".".join(selector)] = after
        return NodeResult(inputs=changed, process_data={"updated_variables": changed})


def _items(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The items; the first version of the node is one."""
    if isinstance(data.get("items"), list):
        return [item for item in data["items"] if isinstance(item, Mapping)]
    return [
        {
            "variable_selector": data.get("assigned_variable_selector"),
            "operation": data.get("write_mode"),
            "input_type": "variable",
            "value": data.get("input_variable_selector"),
        }
    ]


def _value(item: Mapping[str, Any], context: NodeContext) -> Any:
    value = item.get("value")
    is_variable = item.get("input_type", "variable") == "variable"
    return context.pool.value(value) if is_variable and isinstance(value, list) else value


def _apply(operation: str, before: Any, value: Any) -> Any:
    found = _OPERATIONS.get(operation)
    if found is None:
        raise NodeFailed(f"There is no operation {operation[:40]!r}.", ERROR)
    try:
        return found(before, value)
    except (TypeError, ValueError, ZeroDivisionError) as error:
        raise NodeFailed(f"{operation} does not fit the variable or its value.", ERROR) from error


def _cleared(before: Any, _: Any) -> Any:
    empty: dict[type, Any] = {str: "", int: 0, float: 0, dict: {}, list: [], bool: False}
    return empty.get(type(before))


def _set(before: Any, value: Any) -> Any:
    is_text_of_another = isinstance(value, str) and not isinstance(before, str)
    return json.loads(value) if is_text_of_another else value


def _list(before: Any) -> list[Any]:
    if not isinstance(before, list):
        raise TypeError
    return before


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError
    number = float(value)
    return int(number) if number.is_integer() else number


_OPERATIONS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "over-write": lambda before, value: value,
    "clear": _cleared,
    "set": _set,
    "+=": lambda before, value: _number(before) + _number(value),
    "-=": lambda before, value: _number(before) - _number(value),
    "*=": lambda before, value: _number(before) * _number(value),
    "/=": lambda before, value: _number(before) / _number(value),
    "append": lambda before, value: [*_list(before), value],
    "extend": lambda before, value: [*_list(before), *_list(value)],
    "remove-first": lambda before, _: _list(before)[1:],
    "remove-last": lambda before, _: _list(before)[:-1],
}
