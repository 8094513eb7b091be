"""Does the same for each item of a list, one after the other or several at once."""

import asyncio
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from apps.common.text import shown
from apps.workflows.engine.contracts import Family, FlowFailed, Node, NodeContext, NodeFailed, NodeResult, Rounds, nodes
from apps.workflows.engine.variables import VariablePool
from apps.workflows.nodes.iteration.config import IterationConfig

CONTINUE: Final = "continue-on-error"
REMOVE: Final = "remove-abnormal-output"
MOST_AT_ONCE: Final = 100
# Rounds of nodes that only compute run side by side, so that their work goes to the sandbox in few batches.
PURE_AT_ONCE: Final = 250
_FAILED: Final = object()


@nodes.register
class Iteration(Node[IterationConfig]):
    """A round has a pool of its own, so that rounds do not see each other's variables."""

    key: ClassVar[str] = "iteration"
    label: ClassVar[str] = "Iteration"
    family: ClassVar[Family] = "logic"
    icon: ClassVar[str] = "refresh-cw"
    fresh: ClassVar[Mapping[str, Any]] = {"error_handle_mode": "terminated", "is_parallel": False, "parallel_nums": 10}
    Config = IterationConfig
    outputs: ClassVar[Mapping[str, str]] = {"output": "array[any]"}
    branches: ClassVar[bool] = True
    has_rounds: ClassVar[bool] = True

    def opening(self, config: IterationConfig, context: NodeContext) -> tuple[Mapping[str, Any], int]:
        """See the base class."""
        items = _items(config, context)
        return {"iterator_selector": list(items)}, len(items)

    async def run(self, config: IterationConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        items, mode = _items(config, context), config.error_handle_mode
        inputs = {"iterator_selector": list(items)}
        if not items:
            return NodeResult({"output": []}, inputs)
        in_order, goes_on = not config.is_parallel, mode in (CONTINUE, REMOVE)
        rounds = context.rounds(config.start_node_id, in_order=in_order, goes_on=goes_on)
        slots = asyncio.Semaphore(_at_once(config, rounds))
        found = await _gathered(
            [_round(config, context, rounds, slots, place, item) for place, item in enumerate(items)], in_order=in_order
        )
        kept = [None if value is _FAILED else value for value in found if value is not _FAILED or mode != REMOVE]
        return NodeResult({"output": _flattened(kept) if config.flatten_output else kept}, inputs)

    @classmethod
    def inner_variables(cls, config: IterationConfig) -> Mapping[str, str]:
        """See the base class."""
        return {"item": "item", "index": "number"}

    @classmethod
    def missing(cls, config: IterationConfig) -> Iterator[str]:
        """See the base class."""
        if not config.iterator_selector:
            yield "the list is not chosen."
        if not config.output_selector:
            yield "what is collected is not chosen."


def _at_once(config: IterationConfig, rounds: Rounds) -> int:
    if config.is_parallel:
        return min(max(config.parallel_nums, 1), MOST_AT_ONCE)
    return PURE_AT_ONCE if rounds.is_pure else 1


async def _gathered(rounds: Sequence[Coroutine[Any, Any, Any]], *, in_order: bool) -> list[Any]:
    """What each round brought. Raises what the first failed one raised, in order or in time, and ends the others."""
    tasks = [asyncio.create_task(one) for one in rounds]
    try:
        if not in_order:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in tasks:
                if task.done():
                    task.result()
        return [await task for task in tasks]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _round(
    config: IterationConfig, context: NodeContext, rounds: Rounds, slots: asyncio.Semaphore, place: int, item: Any
) -> Any:
    async with slots:
        pool = VariablePool({context.node.id: {"item": item, "index": place}}, outer=context.pool)
        try:
            await rounds.go(place, pool)
        except FlowFailed as error:
            if config.error_handle_mode in (CONTINUE, REMOVE):
                return _FAILED
            raise NodeFailed(str(error), "IterationNodeError") from error
        return pool.value(config.output_selector)


def _items(config: IterationConfig, context: NodeContext) -> Sequence[Any]:
    value = context.pool.value(config.iterator_selector)
    if value is None:
        return []
    if not isinstance(value, list):
        raise NodeFailed(f"invalid iterator value: {shown(value)}, please provide a list.", "IterationNodeError")
    return value


def _flattened(values: list[Any]) -> list[Any]:
    """Lists in a list become one, where each round brought one."""
    real = [value for value in values if value is not None]
    if not real or not all(isinstance(value, list) for value in real):
        return values
    return [item for value in real for item in value]
