"""Which fake server plays a provider, in the form that the provider's file expects."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

from .catalogue import Provider
from .contracts import Endpoint, ModelType
from .fake_servers import FakeServer, Plan, fake_servers
from .fakes._openai_answers import usage_of
from .fakes.huggingface import HuggingFaceFake
from .fakes.openai import OpenAIFake
from .fakes.tei import TEIFake

_DIALECTS: Final[Mapping[str, str]] = {
    "azure_openai": "azure",
    "minimax": "minimax",
    "mistralai": "mistral",
    "ollama": "ollama",
    "openrouter": "openrouter",
    "spark": "spark",
    "zhipuai": "zhipu",
}
_TASKS: Final[Mapping[str, str]] = {
    "text-embedding": "feature-extraction",
    "speech2text": "automatic-speech-recognition",
}
_HURRIED: Final = {"cold_start_s": 0.0, "first_pause_s": 0.001, "longest_pause_s": 0.002}
# OpenAI has no such fields; those who speak its protocol do, some by other names.
_EXTRA: Final = frozenset(
    {"top_k", "thinking", "enable_thinking", "reasoning", "reasoning_content", "chat_template_kwargs"}
)


def has_fake(provider: Provider) -> bool:
    """Whether a fake speaks the protocol of the provider's driver."""
    return provider.driver in fake_servers


def fake_for(provider: Provider) -> FakeServer:
    """A fake that speaks as the provider's file says. Raises UnknownKey: nothing speaks the driver's protocol."""
    return _of_openai(provider) if provider.driver == "openai" else fake_servers.get(provider.driver)()


def entered_at(provider: Provider, fake: FakeServer, address: str) -> Mapping[str, str]:
    """What a workspace enters to reach the fake at an address without a slash at its end."""
    values = dict(fake.credentials(address))
    if isinstance(fake, OpenAIFake) and provider.driver_options["base_path"]:
        values["base_url"] = address
    return values


def preparing(fake: FakeServer) -> Callable[[ModelType, str], None]:
    """Tells a fake that serves one model at once which one it is before a call of it: its type and name."""

    def prepare(type_: ModelType, name: str) -> None:
        if isinstance(fake, TEIFake):
            fake.kind = "reranker" if type_ == "rerank" else "embedding"
        elif isinstance(fake, HuggingFaceFake):
            fake.task, fake.endpoint_model = _TASKS.get(type_, "text-generation"), name

    return prepare


def at_once(endpoint: Endpoint) -> Endpoint:
    """The endpoint without the patience for models that sleep: a fake does not."""
    hurried = {name: value for name, value in _HURRIED.items() if name in endpoint.options}
    return replace(endpoint, options={**endpoint.options, **hurried}, private_allowed=True)


def _of_openai(provider: Provider) -> OpenAIFake:
    options = provider.driver_options
    embedding = next((spec for spec in provider.specs.values() if spec.type == "text-embedding"), None)
    fake = OpenAIFake(
        dialect=_DIALECTS.get(provider.key, "openai"),
        base_path=_base_path(options),
        paths={name: path for name, path in options["paths"].items() if name != "models"},
        extra_fields=_EXTRA | set(options["param_map"].values()) | _extra_fields(options),
        dimensions=(embedding and embedding.dimensions) or 1536,
        embedding=options["embedding_style"],
        rerank=options["rerank_style"],
        speech=options["speech_style"],
    )
    if not options["stream_usage"]:  # it counts unasked
        fake.dialect = replace(fake.dialect, extra={**fake.dialect.extra, "usage": usage_of(Plan())})
    return fake


def _base_path(options: Mapping[str, Any]) -> str:
    """What the base URL ends with; servers of one's own have OpenAI's."""
    if options["base_path"] or not options["base_url"]:
        return str(options["base_path"] or "/v1")
    return urlsplit(str(options["base_url"])).path.rstrip("/")


def _extra_fields(options: Mapping[str, Any]) -> set[str]:
    """Fields of the vendor's own in requests for vectors and ranks; those that the fake knows stay checked."""
    fields = {*options["embedding_extra"], *options["rerank_extra"]}
    return fields - {"encoding_format", "type"}
