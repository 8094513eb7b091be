"""Filters, picks from, sorts and cuts a list (DSL 4.18)."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from apps.workflows.engine.config import NodeConfig
from apps.workflows.engine.contracts import Node, NodeContext, NodeFailed, NodeResult, nodes
from apps.workflows.engine.variables import as_text, is_file
from apps.workflows.nodes._conditions import compare, of_file

ERROR: Final = "ListOperatorError"


@nodes.register
class ListOperator(Node[NodeConfig]):
    """Filter, then pick one, then order, then limit: each where it is switched on."""

    key: ClassVar[str] = "list-operator"
    label: ClassVar[str] = "List operator"
    pure: ClassVar[bool] = True

    async def run(self, config: NodeConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        data = context.data
        items = context.pool.value(data.get("variable") or ())
        if not isinstance(items, list):
            raise NodeFailed("The list operator needs a list.", ERROR)
        found = _filtered(items, _switched(data.get("filter_by")), context)
        found = _picked(found, _switched(data.get("extract_by")), context)
        found = _ordered(found, _switched(data.get("order_by")))
        limit = _switched(data.get("limit"))
        found = found[: int(limit.get("size") or len(found))] if limit else found
        outputs = {
            "result": found,
            "first_record": found[0] if found else None,
            "last_record": found[-1] if found else None,
        }
        return NodeResult(outputs, {"variable": items})


def _switched(settings: Any) -> Mapping[str, Any]:
    """The settings of a step that is on, else nothing."""
    return settings if isinstance(settings, Mapping) and settings.get("enabled") else {}


def _filtered(items: list[Any], settings: Mapping[str, Any], context: NodeContext) -> list[Any]:
    for condition in settings.get("conditions") or ():
        value = condition.get("value")
        expected = (
            [context.pool.fill(str(one)) for one in value] if isinstance(value, list) else context.pool.fill(str(value))
        )
        operator, key = str(condition.get("comparison_operator") or ""), str(condition.get("key") or "")
        items = [item for item in items if compare(of_file(item, key) if is_file(item) else item, operator, expected)]
    return items


def _picked(items: list[Any], settings: Mapping[str, Any], context: NodeContext) -> list[Any]:
    if not settings:
        return items
    serial = context.pool.fill(str(settings.get("serial") or ""))
    place = int(serial) if serial.isdecimal() else 0
    if not 1 <= place <= len(items):
        raise NodeFailed(f"There is no item number {serial[:20]!r}; the list has {len(items)}.", ERROR)
    return [items[place - 1]]


def _ordered(items: list[Any], settings: Mapping[str, Any]) -> list[Any]:
    if not settings:
        return items
    key = str(settings.get("key") or "")
    return sorted(
        items,
        key=lambda item: _rank(of_file(item, key) if is_file(item) else item),
        reverse=settings.get("value") == "desc",
    )


def _rank(value: Any) -> tuple[int, float, str]:
    """Numbers before texts, each by its own order."""
    is_number = isinstance(value, int | float)
    return (0, float(value), "") if is_number else (1, 0.0, as_text(value))
