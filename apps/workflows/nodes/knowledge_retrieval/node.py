"""Finds passages of knowledge bases."""

from typing import ClassVar

from apps.workflows.engine.config import NodeConfig
from apps.workflows.engine.contracts import Node, NodeContext, NodeResult, nodes
from apps.workflows.engine.variables import as_text


@nodes.register
class KnowledgeRetrieval(Node[NodeConfig]):
    """Without bases or without a question it finds nothing."""

    key: ClassVar[str] = "knowledge-retrieval"
    label: ClassVar[str] = "Knowledge retrieval"

    async def run(self, config: NodeConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        query = as_text(context.pool.value(context.data.get("query_variable_selector") or ()))
        dataset_ids = [str(one) for one in context.data.get("dataset_ids") or ()]
        found = (
            await context.services.knowledge.search(query, dataset_ids, context.data) if query and dataset_ids else []
        )
        return NodeResult({"result": list(found)}, {"query": query})
