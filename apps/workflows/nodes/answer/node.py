"""What a chatflow answers: a text with variables."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from apps.workflows.engine.contracts import Family, Node, NodeContext, NodeResult, nodes
from apps.workflows.engine.variables import as_markdown, is_file, selectors_in
from apps.workflows.nodes.answer.config import AnswerConfig


@nodes.register
class Answer(Node[AnswerConfig]):
    """Its text was told while the nodes before it ran; here it is whole."""

    key: ClassVar[str] = "answer"
    label: ClassVar[str] = "Answer"
    family: ClassVar[Family] = "end"
    icon: ClassVar[str] = "message-square"
    modes: ClassVar[frozenset[str]] = frozenset({"advanced-chat"})
    Config = AnswerConfig
    outputs: ClassVar[Mapping[str, str]] = {"answer": "string", "files": "array[file]"}

    async def run(self, config: AnswerConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        values = [context.pool.value(selector) for selector in selectors_in(config.answer)]
        files = [one for value in values for one in (value if isinstance(value, list) else [value]) if is_file(one)]
        # As it was told: what was skipped says nothing.
        text = context.pool.fill(config.answer, as_markdown, keep_missing=False)
        return NodeResult(outputs={"answer": text, "files": files})

    @classmethod
    def missing(cls, config: AnswerConfig) -> Iterator[str]:
        """See the base class."""
        if not config.answer.strip():
            yield "it says nothing."
