"""The settings of a template."""

from pydantic import Field

from apps.workflows.engine.config import NodeConfig, Text
from apps.workflows.nodes._configs import WithVariables


class TemplateConfig(NodeConfig, WithVariables):
    """See `NodeConfig`."""

    template: Text = Field("", description="The text, in Jinja2.", json_schema_extra={"widget": "jinja2"})
