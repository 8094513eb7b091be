"""Reads the text of documents: one text, or a list of them for a list of files (DSL 4.17)."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import ClassVar

from apps.workflows.engine.contracts import Family, Node, NodeContext, NodeFailed, NodeResult, nodes
from apps.workflows.engine.variables import is_file
from apps.workflows.nodes.document_extractor.config import ReaderConfig

ERROR = "DocumentExtractorError"


@nodes.register
class DocumentExtractor(Node[ReaderConfig]):
    """Documents are read as knowledge is, in a process with limits; a type that nothing reads fails the node."""

    key: ClassVar[str] = "document-extractor"
    label: ClassVar[str] = "Document extractor"
    family: ClassVar[Family] = "knowledge"
    icon: ClassVar[str] = "file-text"
    can_fail: ClassVar[bool] = True
    Config = ReaderConfig
    outputs: ClassVar[Mapping[str, str]] = {"text": "string"}

    async def run(self, config: ReaderConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        value = context.pool.value(config.variable_selector)
        inputs = {"variable_selector": value}
        if value is None:
            raise NodeFailed(f"File variable not found for selector: {list(config.variable_selector)}", ERROR)
        files = value if isinstance(value, list) else [value]
        if not all(is_file(file) for file in files):
            raise NodeFailed("The variable is neither a file nor a list of files.", ERROR, inputs=inputs)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(context.services.files.text_of(file)) for file in files]
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        texts = [task.result() for task in tasks]
        return NodeResult({"text": texts if isinstance(value, list) else texts[0]}, inputs, {"documents": files})

    @classmethod
    def variables(cls, config: ReaderConfig) -> Mapping[str, str]:
        """See the base class."""
        return {"text": "array[string]" if config.is_array_file else "string"}

    @classmethod
    def missing(cls, config: ReaderConfig) -> Iterator[str]:
        """See the base class."""
        if not config.variable_selector:
            yield "the file is not chosen."
