"""What nodes that ask a model tell of it (DSL 6)."""

from collections.abc import Mapping, Sequence
from typing import Any

from apps.workflows.engine.contracts import ModelAnswer


def metadata_of(answer: ModelAnswer) -> dict[str, Any]:
    """Tokens and price, as the run adds them up."""
    usage = answer.usage
    return {
        "total_tokens": usage.get("total_tokens", 0),
        "total_price": str(usage.get("total_price", "0")),
        "currency": usage.get("currency", "USD"),
    }


def process_data_of(
    model: Mapping[str, Any], messages: Sequence[tuple[str, str]], answer: ModelAnswer
) -> dict[str, Any]:
    """The prompt as it was sent."""
    return {
        "model_mode": model.get("mode") or "chat",
        "prompts": [{"role": role, "text": text, "files": []} for role, text in messages],
        "usage": answer.usage,
        "finish_reason": answer.finish_reason,
        "model_provider": model.get("provider"),
        "model_name": model.get("name"),
    }
