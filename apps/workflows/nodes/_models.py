"""What nodes that ask a model have in common (DSL 6)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from apps.workflows.engine.contracts import NodeContext, NodeFailed
from apps.workflows.engine.ports import ModelAnswer, PromptMessage


async def ask(context: NodeContext, messages: Sequence[PromptMessage]) -> ModelAnswer:
    """The whole answer of the node's model, told to nobody on the way. Raises NodeFailed."""
    async for piece in context.services.models.ask(context.data.get("model") or {}, messages):
        if isinstance(piece, ModelAnswer):
            return piece
    raise NodeFailed("The model gave no answer.", "ModelInvokeError")


def json_in(text: str) -> Any:
    """The JSON object that stands in a model's answer, perhaps among words; None where there is none."""
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        return None
    try:
        return json.loads(text[start : end + 1])
    except (ValueError, RecursionError):
        return None


def metadata_of(answer: ModelAnswer) -> dict[str, Any]:
    """Tokens and price, as the run adds them up."""
    usage = answer.usage
    return {
        "total_tokens": usage.get("total_tokens", 0),
        "total_price": str(usage.get("total_price", "0")),
        "currency": usage.get("currency", "USD"),
    }


def process_data_of(model: Mapping[str, Any], messages: Sequence[PromptMessage], answer: ModelAnswer) -> dict[str, Any]:
    """The prompt as it was sent."""
    return {
        "model_mode": model.get("mode") or "chat",
        "prompts": [{"role": one.role, "text": one.text, "files": list(one.files)} for one in messages],
        "usage": answer.usage,
        "finish_reason": answer.finish_reason,
        "model_provider": model.get("provider"),
        "model_name": model.get("name"),
    }
