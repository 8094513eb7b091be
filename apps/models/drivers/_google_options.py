"""What a provider's file may say to the driver of Gemini's protocol; parameters, addresses and headers. No I/O."""

from typing import Final
from urllib.parse import quote

from apps.models.contracts import DriverOptions, Endpoint, ParameterRule

# Ranges as Google's API reference states them (ai.google.dev, "GenerationConfig", November 2026).
PARAMETERS: Final = (
    ParameterRule("temperature", "float", "Temperature", 0, 2, 1),
    ParameterRule("top_p", "float", "Top P", 0, 1),
    ParameterRule("top_k", "int", "Top K", 1),
    ParameterRule("max_tokens", "int", "Max tokens", 1),
    ParameterRule("presence_penalty", "float", "Presence penalty", -2, 2, 0),
    ParameterRule("frequency_penalty", "float", "Frequency penalty", -2, 2, 0),
    ParameterRule("seed", "int", "Seed"),
    ParameterRule("thinking", "boolean", "Thinking", needs="reasoning"),
    ParameterRule("budget_tokens", "int", "Thinking budget (tokens)", 0, needs="reasoning"),
    ParameterRule("reasoning_effort", "string", "Effort", options=("low", "medium", "high"), needs="reasoning"),
    ParameterRule("response_format", "string", "Response format", options=("text", "json_object", "json_schema")),
)


class GoogleOptions(DriverOptions):
    """Knobs of Gemini's protocol.

    Args:
        base_url: where the workspace's credentials name none.
        version: of the API, the first part of every path.
        drop_params: model parameters that this provider refuses.
        budgeted_models: how the names of models begin whose thinking is told in tokens and not in levels.
        always_thinking: how the names of those among them begin that cannot be kept from it.
        embedding_task: what vectors are for, such as RETRIEVAL_DOCUMENT. Left out by default: queries and documents
            are embedded alike, and newer models do not know the field.
    """

    base_url: str = "https://generativelanguage.googleapis.com"
    version: str = "v1beta"
    drop_params: frozenset[str] = frozenset()
    budgeted_models: tuple[str, ...] = ("gemini-2",)
    always_thinking: tuple[str, ...] = ("gemini-2.5-pro",)
    embedding_task: str | None = None


def url(endpoint: Endpoint, model: str, method: str = "") -> str:
    """The address of a model's method, of the model, or (both "") of the list; a base URL may name the version."""
    base = str(endpoint.credentials.get("base_url") or endpoint.options["base_url"]).strip().rstrip("/")
    base = base.removesuffix("/v1").removesuffix("/v1beta")
    path = quote(resource(model) if model else "models")
    return f"{base}/{endpoint.options['version']}/{path}{':' + method if method else ''}"


def resource(model: str) -> str:
    """A model's name as the API writes it: `models/gemini-…`, `tunedModels/…`."""
    return model if model.startswith(("models/", "tunedModels/")) else f"models/{model}"


def headers(endpoint: Endpoint) -> dict[str, str]:
    """The headers of every request."""
    key = endpoint.credentials.get("api_key")
    return {"x-goog-api-key": key} if key else {}
