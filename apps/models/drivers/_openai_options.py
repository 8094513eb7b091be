"""What a provider's file may say to the driver of OpenAI's protocol; addresses and headers made of it. No I/O."""

from collections.abc import Mapping
from typing import Any, Final, Literal
from urllib.parse import quote, urlencode, urlsplit

from pydantic import Field, field_validator

from apps.models.contracts import DriverOptions, Endpoint

PATHS: Final = {
    "chat": "/chat/completions",
    "completion": "/completions",
    "embeddings": "/embeddings",
    "rerank": "/rerank",
    "models": "/models",
    "transcription": "/audio/transcriptions",
    "speech": "/audio/speech",
    "moderation": "/moderations",
    "images": "/images/generations",
}
ErrorKind = Literal[
    "quota", "rate_limited", "unauthorised", "bad_request", "unavailable", "content_filtered", "prompt_too_long"
]


class OpenAIOptions(DriverOptions):
    """Knobs of the OpenAI protocol.

    Args:
        base_url: where the workspace's credentials name none.
        base_path: put behind the base URL, the entered one too, unless it already ends so.
        base_urls: another base for one operation where the workspace's credentials name none.
        paths: of the operations that differ from `PATHS`, below the base URL; `{model}` is the model's name, and a
            path that begins with `~/` stands at the host's root.
        versioned_paths: instead of `base_path` and `paths` where the credentials hold an `api_version`, which is
            then sent as `api-version` (Azure's addresses of single deployments).
        auth_header, auth_prefix: how the key is sent.
        extra_headers, extra_query: sent with every request.
        credential_headers, credential_query: further credentials, by name, and the header or parameter they go in.
        param_map: model parameters that this provider calls otherwise; dots make objects.
        param_values: values of a parameter, as lower-case text, and what this provider wants instead.
        drop_params: model parameters that this provider refuses.
        max_stop: how many stop sequences this provider takes; None for all.
        stream_usage: ask for the token counts at the end of a stream.
        tool_style: "functions" are the protocol's older form; "none" leaves tools out.
        image_style: "base64" where this provider fetches no picture.
        schema_style: how much of `response_format` this provider knows.
        reasoning_fields: where thoughts stand in the parts of an answer.
        thoughts_back: thoughts that led to tool calls are sent back with them.
        error_map: this provider's error codes by what they mean.
        embedding_encoding: "base64" is four times shorter; None where a server may not know the field.
        embedding_extra, rerank_extra, transcription_extra, speech_extra: further fields of such a request.
        speech_characters: how much text one speech request may hold.
        default_voice: where neither the app nor the model names one.
        picture_format: asked for as `response_format`; None where this provider does not know the field.
    """

    base_url: str = ""
    base_path: str = ""
    base_urls: Mapping[str, str] = {}
    paths: Mapping[str, str] = Field(PATHS)
    versioned_paths: Mapping[str, str] = {}
    auth_header: str = "Authorization"
    auth_prefix: str = "Bearer "
    extra_headers: Mapping[str, str] = {}
    extra_query: Mapping[str, str] = {}
    credential_headers: Mapping[str, str] = {}
    credential_query: Mapping[str, str] = {}
    param_map: Mapping[str, str] = {}
    param_values: Mapping[str, Mapping[str, Any]] = {}
    drop_params: frozenset[str] = frozenset()
    max_stop: int | None = None
    stream_usage: bool = True
    tool_style: Literal["tools", "functions", "none"] = "tools"
    image_style: Literal["url", "base64"] = "url"
    schema_style: Literal["json_schema", "json_object", "none"] = "json_schema"
    reasoning_fields: tuple[str, ...] = ("reasoning_content", "reasoning")
    thoughts_back: bool = False
    error_map: Mapping[str, ErrorKind] = {}
    embedding_style: Literal["openai", "minimax"] = "openai"
    embedding_encoding: Literal["base64", "float"] | None = None
    embedding_extra: Mapping[str, Any] = {}
    rerank_style: Literal["cohere", "tei", "nvidia", "dashscope"] = "cohere"
    rerank_extra: Mapping[str, Any] = {}
    transcription_extra: Mapping[str, str] = {}
    speech_style: Literal["openai", "minimax"] = "openai"
    speech_extra: Mapping[str, Any] = {}
    speech_characters: int = Field(2000, gt=0)
    default_voice: str = "alloy"
    picture_format: Literal["b64_json", "url"] | None = "b64_json"

    @field_validator("paths", "versioned_paths", "base_urls")
    @classmethod
    def _names_operations(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        if unknown := set(value) - set(PATHS):
            raise ValueError(f"there is no operation {', '.join(sorted(unknown))}; known: {', '.join(PATHS)}")
        return value

    @field_validator("paths")
    @classmethod
    def _with_the_usual_paths(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        return {**PATHS, **value}


def url(endpoint: Endpoint, operation: str, model: str = "") -> str:
    """The address of an operation."""
    options, credentials = endpoint.options, endpoint.credentials
    entered = credentials.get("base_url")
    base = str(entered or options["base_urls"].get(operation) or options["base_url"]).strip().rstrip("/")
    path = str(options["paths"][operation])
    query = {**options["extra_query"], **_sent_credentials(endpoint, "credential_query")}
    if credentials.get("api_version") and operation in options["versioned_paths"]:
        base, path = base.removesuffix(options["base_path"]), str(options["versioned_paths"][operation])
        query["api-version"] = credentials["api_version"].strip()
    elif path.startswith("~/"):
        base, path = _root(base), path[1:]
    else:
        base = base.removesuffix(options["base_path"]) + options["base_path"]
    return base + path.replace("{model}", quote(model)) + (f"?{urlencode(query)}" if query else "")


def headers(endpoint: Endpoint) -> dict[str, str]:
    """The headers of every request; without a key, no Authorization."""
    options, key = endpoint.options, endpoint.credentials.get("api_key")
    auth = {options["auth_header"]: f"{options['auth_prefix']}{key}"} if key else {}
    return {**options["extra_headers"], **_sent_credentials(endpoint, "credential_headers"), **auth}


def _sent_credentials(endpoint: Endpoint, option: str) -> dict[str, str]:
    values = endpoint.credentials
    return {sent: values[name] for name, sent in endpoint.options[option].items() if values.get(name)}


def _root(base: str) -> str:
    parts = urlsplit(base)
    return f"{parts.scheme}://{parts.netloc}"
