"""The settings of an answer (DSL 4.3)."""

from pydantic import Field

from apps.workflows.engine.config import NodeConfig, Template


class AnswerConfig(NodeConfig):
    """See `NodeConfig`."""

    answer: Template = Field("", description="The text, with references.", json_schema_extra={"is_long": True})
