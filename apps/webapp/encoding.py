"""Events as the pages of the public see them: nothing about cost, and of a citation only what is shown."""

from collections.abc import Mapping
from typing import Any, Final

from apps.common.encoding import EventEncoder, FlowEncoder
from apps.common.run_events import FlowEnd, FlowEvent, FlowPause, MessageEnd, RunEvent

HIDDEN_OF_STEP: Final = ("inputs", "process_data", "outputs", "execution_metadata", "pre_loop_output")
SHOWN_OF_RESOURCE: Final = ("segment_id", "position", "document_name", "score", "content")


class BrowserEncoder(EventEncoder):
    """Encodes the events of one run for a visitor (contracts: extensions 5.5)."""

    def fields(self, event: RunEvent) -> Mapping[str, Any]:
        """The event's fields, `message_end` without what is not a visitor's business."""
        fields = super().fields(event)
        if isinstance(event, FlowEvent):
            return {**fields, "data": public_step(event)}
        return {**fields, "metadata": public_metadata(event.metadata)} if isinstance(event, MessageEnd) else fields

    def blocking(self, event: MessageEnd | FlowEnd | FlowPause) -> Mapping[str, Any]:
        """The whole run as the blocking answer."""
        fields = super().blocking(event)
        return {**fields, "metadata": public_metadata(event.metadata)} if isinstance(event, MessageEnd) else fields


class BrowserFlowEncoder(BrowserEncoder, FlowEncoder):
    """Encodes the events of a workflow's run for a visitor."""


def public_step(event: FlowEvent) -> dict[str, Any]:
    """What a visitor may see of a node: that and how long it ran, not what it got and brought (service API 4.2)."""
    if event.event.startswith("workflow"):
        return {**event.data, "inputs": None}
    hidden = {key: None for key in HIDDEN_OF_STEP if key in event.data}
    return {**event.data, **hidden}


def public_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """What a visitor may see of an answer's metadata."""
    public = {key: value for key, value in metadata.items() if key not in {"usage", "annotation_reply"}}
    if "retriever_resources" in public:
        public["retriever_resources"] = public_resources(public["retriever_resources"])
    return public


def public_resources(resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a visitor may see of citations."""
    return [
        {key: resource.get(key) for key in SHOWN_OF_RESOURCE}
        | ({"page": resource["page"]} if resource.get("page") is not None else {})
        for resource in resources
    ]
