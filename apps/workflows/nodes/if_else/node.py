"""Takes the way of the first case that holds."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from apps.workflows.engine.contracts import Family, Node, NodeContext, NodeResult, nodes
from apps.workflows.nodes._conditions import holds
from apps.workflows.nodes.if_else.config import BranchConfig, Case

ELSE: Final = "false"


@nodes.register
class IfElse(Node[BranchConfig]):
    """Cases are looked at in order; without one that holds the way is `false`."""

    key: ClassVar[str] = "if-else"
    label: ClassVar[str] = "If, else"
    family: ClassVar[Family] = "logic"
    icon: ClassVar[str] = "git-branch"
    fresh: ClassVar[Mapping[str, Any]] = {"cases": [{"case_id": "true", "logical_operator": "and", "conditions": []}]}
    Config = BranchConfig
    outputs: ClassVar[Mapping[str, str]] = {"result": "boolean", "selected_case_id": "string"}
    pure: ClassVar[bool] = True
    branches: ClassVar[bool] = True
    way_output: ClassVar[str] = "selected_case_id"

    async def run(self, config: BranchConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        looked_at: list[Mapping[str, Any]] = []
        taken = next((case.case_id for case in config.cases if _holds(case, context, looked_at)), ELSE)
        outputs = {"result": taken != ELSE, "selected_case_id": taken}
        return NodeResult(outputs, process_data={"condition_results": looked_at}, handle=taken)

    @classmethod
    def missing(cls, config: BranchConfig) -> Iterator[str]:
        """See the base class."""
        if not any(case.conditions for case in config.cases):
            yield "it has no condition."
        for condition in (condition for case in config.cases for condition in case.conditions):
            if not condition.variable_selector or not condition.comparison_operator:
                yield "a condition is not complete."
                return


def _holds(case: Case, context: NodeContext, looked_at: list[Mapping[str, Any]]) -> bool:
    """Conditions that no longer decide anything are not looked at."""
    is_or = case.logical_operator == "or"
    found: list[bool] = []
    for condition in case.conditions:
        found.append(holds(condition, context.pool))
        if found[-1] is is_or:
            break
    looked_at.append({"case_id": case.case_id, "conditions": found})
    return any(found) if is_or else all(found)
