"""Where a flow begins that a request starts: what the request carries are the variables."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from apps.workflows.engine.contracts import Family, Node, NodeContext, NodeResult, nodes
from apps.workflows.nodes._starting import begun

from .config import RAW, TriggerWebhookConfig


@nodes.register
class TriggerWebhook(Node[TriggerWebhookConfig]):
    """Its declared parameters, and the whole request as `_webhook_raw`."""

    key: ClassVar[str] = "trigger-webhook"
    label: ClassVar[str] = "Webhook trigger"
    family: ClassVar[Family] = "begin"
    icon: ClassVar[str] = "webhook"
    modes: ClassVar[frozenset[str]] = frozenset({"workflow"})
    fresh: ClassVar[Mapping[str, Any]] = {"method": "post", "content_type": "application/json", "status_code": 200}
    Config: ClassVar[type[TriggerWebhookConfig]] = TriggerWebhookConfig

    async def run(self, config: TriggerWebhookConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        return begun(context)

    @classmethod
    def variables(cls, config: TriggerWebhookConfig) -> Mapping[str, str]:
        """One for each parameter."""
        return {**{one.variable: one.type for one in config.parameters()}, RAW: "object"}

    @classmethod
    def missing(cls, config: TriggerWebhookConfig) -> Iterator[str]:
        """Names that become the same variable."""
        for name, count in Counter(one.variable for one in config.parameters()).items():
            if count > 1:
                yield f"several of its parameters become the variable {name[:80]}."
