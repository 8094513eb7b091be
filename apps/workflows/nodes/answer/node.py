"""What a chatflow answers: a text with variables."""

from typing import ClassVar

from apps.workflows.engine.config import NodeConfig
from apps.workflows.engine.contracts import Node, NodeContext, NodeResult, nodes
from apps.workflows.engine.variables import as_markdown, is_file, selectors_in


@nodes.register
class Answer(Node[NodeConfig]):
    """Its text was told while the nodes before it ran; here it is whole."""

    key: ClassVar[str] = "answer"
    label: ClassVar[str] = "Answer"

    async def run(self, config: NodeConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        template = str(context.data.get("answer") or "")
        values = [context.pool.value(selector) for selector in selectors_in(template)]
        files = [value for value in values if is_file(value)]
        text = context.pool.fill(template, as_markdown, keep_missing=False)  # as it was told: skipped nodes say nothing
        return NodeResult(outputs={"answer": text, "files": files})
