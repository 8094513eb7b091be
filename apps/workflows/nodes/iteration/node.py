"""Does the same for each item of a list, one after the other or several at once."""

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from apps.workflows.engine.config import NodeConfig
from apps.workflows.engine.contracts import FlowFailed, Node, NodeContext, NodeFailed, NodeResult, nodes
from apps.workflows.engine.variables import VariablePool

CONTINUE: Final = "continue-on-error"
REMOVE: Final = "remove-abnormal-output"
MOST_AT_ONCE: Final = 100
_FAILED: Final = object()


@nodes.register
class Iteration(Node[NodeConfig]):
    """A round has a pool of its own, so that rounds do not see each other's variables."""

    key: ClassVar[str] = "iteration"
    label: ClassVar[str] = "Iteration"
    branches: ClassVar[bool] = True
    has_rounds: ClassVar[bool] = True

    def length(self, config: NodeConfig, context: NodeContext) -> int:
        """See the base class."""
        return len(_items(context))

    async def run(self, config: NodeConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        items, data = _items(context), context.data
        at_once = min(max(int(data.get("parallel_nums") or 10), 1), MOST_AT_ONCE) if data.get("is_parallel") else 1
        slots = asyncio.Semaphore(at_once)
        try:
            async with asyncio.TaskGroup() as group:
                rounds = [group.create_task(_round(context, slots, place, item)) for place, item in enumerate(items)]
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        mode = data.get("error_handle_mode")
        found = [round.result() for round in rounds]
        kept = [None if value is _FAILED else value for value in found if value is not _FAILED or mode != REMOVE]
        flat = data.get("flatten_output") is not False
        return NodeResult({"output": _flattened(kept) if flat else kept}, {"iterator_selector": list(items)})


async def _round(context: NodeContext, slots: asyncio.Semaphore, place: int, item: Any) -> Any:
    async with slots:
        node = context.node
        context.tell_round(place)
        pool = VariablePool({node.id: {"item": item, "index": place}}, outer=context.pool)
        try:
            await context.walk(str(node.data.get("start_node_id") or ""), pool)
        except FlowFailed as error:
            if node.data.get("error_handle_mode") in (CONTINUE, REMOVE):
                return _FAILED
            raise NodeFailed(str(error)) from error
        return pool.value(node.data.get("output_selector") or ())


def _items(context: NodeContext) -> Sequence[Any]:
    value = context.pool.value(context.data.get("iterator_selector") or ())
    if value is None:
        return []
    if not isinstance(value, list):
        raise NodeFailed(f"invalid iterator value: {value}, please provide a list.")
    return value


def _flattened(values: list[Any]) -> list[Any]:
    """Lists in a list become one, where each round brought one."""
    real = [value for value in values if value is not None]
    if not real or not all(isinstance(value, list) for value in real):
        return values
    return [item for value in real for item in value]
