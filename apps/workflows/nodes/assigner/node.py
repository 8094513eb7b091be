"""Changes variables of a conversation or a loop (DSL 4.13)."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from apps.workflows.engine.contracts import Family, Node, NodeContext, NodeFailed, NodeResult, nodes
from apps.workflows.engine.variables import MISSING
from apps.workflows.nodes.assigner.config import AssignerConfig, Change

ERROR: Final = "VariableOperatorNodeError"
NODE_AND_NAME: Final = 2  # what is changed is a variable, not a part of one
NEEDS_NO_VALUE: Final = frozenset({"clear", "remove-first", "remove-last"})


@nodes.register
class Assigner(Node[AssignerConfig]):
    """Items run in order, and later ones see what earlier ones changed. A source that is null changes nothing."""

    key: ClassVar[str] = "assigner"
    label: ClassVar[str] = "Variable assigner"
    family: ClassVar[Family] = "data"
    icon: ClassVar[str] = "pencil"
    fresh: ClassVar[Mapping[str, Any]] = {"version": "2", "items": []}
    Config = AssignerConfig

    async def run(self, config: AssignerConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        changed = {}
        for item in config.items:
            name = ".".join(item.variable_selector)
            before = context.pool.read(item.variable_selector)
            if len(item.variable_selector) != NODE_AND_NAME or before is MISSING:
                raise NodeFailed(f"The variable {name} is not found.", ERROR)
            value = _value(item, context)
            if value is None and item.operation not in NEEDS_NO_VALUE:
                continue
            after = _apply(item.operation, before, value)
            context.pool.assign(*item.variable_selector, after)
            changed[name] = after
        return NodeResult(inputs=changed, process_data={"updated_variables": changed})

    @classmethod
    def changes(cls, config: AssignerConfig) -> Iterator[Sequence[str]]:
        """See the base class."""
        yield from (item.variable_selector for item in config.items)

    @classmethod
    def missing(cls, config: AssignerConfig) -> Iterator[str]:
        """See the base class."""
        if not config.items:
            yield "it changes no variable."
        if any(not item.variable_selector for item in config.items):
            yield "the variable of a change is not chosen."


def _value(item: Change, context: NodeContext) -> Any:
    is_variable = item.input_type == "variable" and isinstance(item.value, list | tuple)
    return context.pool.value(item.value) if is_variable else item.value


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
