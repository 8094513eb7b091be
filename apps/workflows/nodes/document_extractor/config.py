"""The settings of a document extractor (DSL 4.17)."""

from pydantic import Field

from apps.workflows.engine.config import NodeConfig, Selector


class ReaderConfig(NodeConfig):
    """See `NodeConfig`."""

    variable_selector: Selector = Field(
        (),
        description="The file, or the list of files.",
        json_schema_extra={"label": "File", "types": ["file", "array[file"], "sets": {"is_array_file": "is_list"}},
    )
    is_array_file: bool | None = Field(None, description="Whether it is a list.", json_schema_extra={"is_hidden": True})
