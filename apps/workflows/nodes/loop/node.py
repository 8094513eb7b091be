"""Does the same again and again, until a condition holds or the rounds are done."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from apps.workflows.engine.contracts import Family, FlowFailed, Node, NodeContext, NodeFailed, NodeResult, nodes
from apps.workflows.engine.variables import VariablePool
from apps.workflows.nodes._conditions import holds
from apps.workflows.nodes._rounds import ENDED
from apps.workflows.nodes.loop.config import LoopConfig, LoopVariable

ERROR: Final = "LoopNodeError"
MOST: Final = 100


@nodes.register
class Loop(Node[LoopConfig]):
    """Loop variables last over the rounds; what the nodes of a round write does not."""

    key: ClassVar[str] = "loop"
    label: ClassVar[str] = "Loop"
    family: ClassVar[Family] = "logic"
    icon: ClassVar[str] = "rotate-cw"
    fresh: ClassVar[Mapping[str, Any]] = {
        "loop_count": 10,
        "logical_operator": "and",
        "break_conditions": [],
        "loop_variables": [],
    }
    Config = LoopConfig
    branches: ClassVar[bool] = True
    has_rounds: ClassVar[bool] = True

    def opening(self, config: LoopConfig, context: NodeContext) -> tuple[Mapping[str, Any], int]:
        """See the base class."""
        return {"loop_count": _most(config)}, _most(config)

    async def run(self, config: LoopConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        node, done = context.node, 0
        lasting = VariablePool({node.id: _variables(config, context)}, outer=context.pool)
        rounds = context.rounds(config.start_node_id, in_order=True, goes_on=False)
        history: dict[str, Any] = {}
        while done < _most(config) and not _is_over(config, lasting):
            pool = VariablePool(outer=lasting)
            try:
                await rounds.go(done, pool)
            except FlowFailed as error:
                raise NodeFailed(str(error), ERROR) from error
            history[str(done)] = lasting.own(node.id)
            done += 1
            if pool.value(ENDED):
                break
        outputs = {**lasting.own(node.id), "loop_round": done}
        return NodeResult(outputs, {"loop_count": _most(config)}, metadata={"loop_variable_map": history})

    @classmethod
    def variables(cls, config: LoopConfig) -> Mapping[str, str]:
        """See the base class."""
        return {**cls.inner_variables(config), "loop_round": "number"}

    @classmethod
    def inner_variables(cls, config: LoopConfig) -> Mapping[str, str]:
        """See the base class."""
        return {row.label: row.var_type for row in config.loop_variables if row.label}


def _most(config: LoopConfig) -> int:
    return min(max(config.loop_count, 1), MOST)


def _is_over(config: LoopConfig, pool: VariablePool) -> bool:
    found = [holds(condition, pool) for condition in config.break_conditions]
    return bool(found) and (any(found) if config.logical_operator == "or" else all(found))


def _variables(config: LoopConfig, context: NodeContext) -> dict[str, Any]:
    return {row.label: _initial(row, context) for row in config.loop_variables if row.label}


def _initial(row: LoopVariable, context: NodeContext) -> Any:
    if row.value_type == "variable":
        return context.pool.value(row.value or ())
    if row.var_type == "string" or not isinstance(row.value, str):
        return row.value
    try:
        return json.loads(row.value)
    except ValueError as error:
        raise NodeFailed(f"The first value of {row.label} is no {row.var_type}.", ERROR) from error
