"""Filters, picks from, sorts and cuts a list (DSL 4.18)."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from apps.prompts.shapes import as_whole
from apps.workflows.engine.contracts import Family, Node, NodeContext, NodeFailed, NodeResult, nodes
from apps.workflows.engine.variables import VariablePool, as_text, is_file
from apps.workflows.nodes._conditions import compare, expected, of_file
from apps.workflows.nodes.list_operator.config import ExtractStep, FilterStep, LimitStep, ListConfig, OrderStep

ERROR: Final = "ListOperatorError"


@nodes.register
class ListOperator(Node[ListConfig]):
    """Filter, then pick one, then order, then limit: each where it is switched on."""

    key: ClassVar[str] = "list-operator"
    label: ClassVar[str] = "List operator"
    family: ClassVar[Family] = "data"
    icon: ClassVar[str] = "list-filter"
    can_fail: ClassVar[bool] = True
    Config = ListConfig
    outputs: ClassVar[Mapping[str, str]] = {"result": "array[any]", "first_record": "any", "last_record": "any"}
    pure: ClassVar[bool] = True

    async def run(self, config: ListConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        items = context.pool.value(config.variable)
        if not isinstance(items, list):
            raise NodeFailed("The list operator needs a list.", ERROR)
        found = _filtered(items, config.filter_by, context.pool)
        found = _picked(found, config.extract_by, context.pool)
        found = _limited(_ordered(found, config.order_by), config.limit)
        outputs = {
            "result": found,
            "first_record": found[0] if found else None,
            "last_record": found[-1] if found else None,
        }
        return NodeResult(outputs, {"variable": items})

    @classmethod
    def missing(cls, config: ListConfig) -> Iterator[str]:
        """See the base class."""
        if not config.variable:
            yield "the list is not chosen."


def _filtered(items: list[Any], step: FilterStep, pool: VariablePool) -> list[Any]:
    if not step.enabled:
        return items
    for condition in step.conditions:
        wanted, operator, key = expected(condition.value, pool), condition.comparison_operator, condition.key
        items = [item for item in items if compare(_compared(item, key), operator, wanted)]
    return items


def _compared(item: Any, key: str) -> Any:
    return of_file(item, key) if is_file(item) else item


def _picked(items: list[Any], step: ExtractStep, pool: VariablePool) -> list[Any]:
    if not step.enabled:
        return items
    serial = pool.fill(step.serial).strip()
    place = int(serial) if serial.isdecimal() else 0
    if not 1 <= place <= len(items):
        raise NodeFailed(f"There is no item number {serial[:20]!r}; the list has {len(items)}.", ERROR)
    return [items[place - 1]]


def _ordered(items: list[Any], step: OrderStep) -> list[Any]:
    if not step.enabled:
        return items
    return sorted(items, key=lambda item: _rank(_compared(item, step.key)), reverse=step.value == "desc")


def _rank(value: Any) -> tuple[int, float, str]:
    """Numbers before texts, each by its own order."""
    is_number = isinstance(value, int | float)
    return (0, float(value), "") if is_number else (1, 0.0, as_text(value))


def _limited(items: list[Any], step: LimitStep) -> list[Any]:
    size = as_whole(step.size) if step.enabled else None
    return items if size is None else items[:size]
