"""Finds passages of knowledge bases."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from apps.workflows.engine.contracts import Family, Node, NodeContext, NodeResult, nodes
from apps.workflows.engine.ports import Search
from apps.workflows.engine.variables import VariablePool, as_text
from apps.workflows.nodes.knowledge_retrieval.config import RetrievalConfig


@nodes.register
class KnowledgeRetrieval(Node[RetrievalConfig]):
    """Without bases or without a question it finds nothing."""

    key: ClassVar[str] = "knowledge-retrieval"
    label: ClassVar[str] = "Knowledge retrieval"
    family: ClassVar[Family] = "knowledge"
    icon: ClassVar[str] = "book-open"
    can_fail: ClassVar[bool] = True
    fresh: ClassVar[Mapping[str, Any]] = {
        "retrieval_mode": "multiple",
        "multiple_retrieval_config": {"top_k": 4, "score_threshold": None, "reranking_enable": False},
    }
    Config = RetrievalConfig
    outputs: ClassVar[Mapping[str, str]] = {"result": "array[object]"}

    async def run(self, config: RetrievalConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        query = as_text(context.pool.value(config.query_variable_selector))
        inputs = {"query": query}
        if not query.strip() or not config.dataset_ids:
            return NodeResult({"result": []}, inputs)
        found = await context.services.knowledge.search(_search(config, query, context.pool))
        tokens = sum(found.tokens)
        return NodeResult(
            {"result": list(found.passages)}, inputs, metadata={"total_tokens": tokens} if tokens else None
        )

    @classmethod
    def missing(cls, config: RetrievalConfig) -> Iterator[str]:
        """See the base class."""
        if not config.query_variable_selector:
            yield "the question is not chosen."
        if not config.dataset_ids:
            yield "no knowledge base is chosen: it finds nothing."


def _search(config: RetrievalConfig, query: str, pool: VariablePool) -> Search:
    many, rows = config.multiple_retrieval_config, config.metadata_filtering_conditions.conditions
    conditions = [(row.name, row.comparison_operator, _filled(row.value, pool)) for row in rows if row.name]
    return Search(
        query=query,
        dataset_ids=config.dataset_ids,
        one_base=config.retrieval_mode == "single",
        top_k=config.top_k,
        score_threshold=config.score_threshold,
        rerank=many.rerank(),
        weights=many.score_weights(),
        filters=config.metadata_filtering_mode,
        conditions=conditions,
        meets_any=config.metadata_filtering_conditions.logical_operator == "or",
        model=config.single_retrieval_config.model,
        filter_model=config.metadata_model_config,
    )


def _filled(value: Any, pool: VariablePool) -> Any:
    if isinstance(value, list):
        return [_filled(item, pool) for item in value]
    return pool.fill(value) if isinstance(value, str) else value
