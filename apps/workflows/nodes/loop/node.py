"""Does the same again and again, until a condition holds or the rounds are done."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from apps.workflows.engine.config import NodeConfig
from apps.workflows.engine.contracts import FlowFailed, Node, NodeContext, NodeFailed, NodeResult, nodes
from apps.workflows.engine.variables import VariablePool
from apps.workflows.nodes._conditions import holds
from apps.workflows.nodes._rounds import ENDED

MOST: Final = 100


@nodes.register
class Loop(Node[NodeConfig]):
    """Loop variables last over the rounds; what the nodes of a round write does not."""

    key: ClassVar[str] = "loop"
    label: ClassVar[str] = "Loop"
    branches: ClassVar[bool] = True
    has_rounds: ClassVar[bool] = True

    def length(self, config: NodeConfig, context: NodeContext) -> int:
        """See the base class."""
        return min(max(int(context.data.get("loop_count") or 1), 1), MOST)

    async def run(self, config: NodeConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        node, rounds = context.node, 0
        lasting = VariablePool({node.id: _variables(context)}, outer=context.pool)
        while rounds < self.length(config, context) and not _is_over(context, lasting):
            context.tell_round(rounds)
            pool = VariablePool(outer=lasting)
            try:
                await context.walk(str(context.data.get("start_node_id") or ""), pool)
            except FlowFailed as error:
                raise NodeFailed(str(error), "LoopNodeError") from error
            rounds += 1
            if pool.value(ENDED):
                break
        return NodeResult({**lasting.own(node.id), "loop_round": rounds})


def _is_over(context: NodeContext, pool: VariablePool) -> bool:
    conditions = context.data.get("break_conditions") or ()
    found = [holds(condition, pool) for condition in conditions]
    return bool(found) and (any(found) if context.data.get("logical_operator") == "or" else all(found))


def _variables(context: NodeContext) -> dict[str, Any]:
    rows = [row for row in context.data.get("loop_variables") or () if isinstance(row, Mapping) and row.get("label")]
    return {str(row["label"]): _initial(row, context) for row in rows}


def _initial(row: Mapping[str, Any], context: NodeContext) -> Any:
    value, kind = row.get("value"), str(row.get("var_type") or "string")
    if row.get("value_type") == "variable":
        return context.pool.value(value or ())
    if kind == "string" or not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise NodeFailed(f"The first value of {row['label']} is no {kind}.", "LoopNodeError") from error
