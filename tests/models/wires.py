"""Providers of the catalogue, each joined to a fake of its driver."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from apps.models.catalogue import Provider, all_providers
from apps.models.configured import make_endpoint
from apps.models.contracts import ChatPiece, ChatRequest, Driver, Endpoint, ModelSpec, ModelType, TextDelta
from apps.models.fake_choice import at_once
from apps.models.fake_servers import FakeServer, fake_servers, serving
from apps.models.fakes.huggingface import HuggingFaceFake
from apps.models.fakes.tei import TEIFake
from tests.models.vendors import VENDORS

PROVIDERS = {key: provider for key, provider in all_providers().items() if provider.needs_credentials}
OF_OPENAI = sorted(key for key, provider in PROVIDERS.items() if provider.driver == "openai")
# Drivers whose models are named with their owner.
_OWNERS = {"replicate": "acme/", "huggingface": "acme/"}
_TASKS = {"text-embedding": "feature-extraction", "speech2text": "automatic-speech-recognition"}


def types_of(provider: Provider) -> set[ModelType]:
    """The types of its models and of those that a workspace may add."""
    return {model.type for model in provider.models} | set(provider.custom_types if provider.custom_models else ())


def named(provider: Provider, name: str) -> str:
    """A name of a model as the provider has them."""
    return _OWNERS.get(provider.driver, "") + name


def having(type_: ModelType, feature: str | None = None) -> list[str]:
    """The providers with this type of model, and, of llms, with one that has the feature or may be said to."""
    return sorted(key for key, provider in PROVIDERS.items() if type_ in types_of(provider) and _has(provider, feature))


def _has(provider: Provider, feature: str | None) -> bool:
    if feature is None or not provider.specs:
        return feature is None or provider.driver == "openai"
    return any(feature in spec.features for spec in provider.specs.values())


@dataclass(frozen=True, slots=True)
class Wire:
    """A provider, its endpoint, and the server that this is the address of."""

    provider: Provider
    endpoint: Endpoint
    fake: FakeServer

    @property
    def driver(self) -> Driver:
        return self.provider.make_driver()

    @property
    def body(self) -> Any:
        """The last request's."""
        return self.fake.received[-1].json

    def spec(self, type_: ModelType, name: str | None = None) -> ModelSpec:
        """The catalogue's first model of a type, else one as a workspace adds it; fakes' vectors have one length."""
        if isinstance(self.fake, TEIFake):
            self.fake.kind = "reranker" if type_ == "rerank" else "embedding"
        if isinstance(self.fake, HuggingFaceFake):
            self.fake.task = _TASKS.get(type_, "text-generation")
        own = ModelSpec(named(self.provider, "own-model"), type_)
        spec = next((spec for spec in self.provider.specs.values() if spec.type == type_), own)
        return replace(spec, dimensions=None, name=named(self.provider, name) if name else spec.name)

    async def chat(self, request: ChatRequest, name: str | None = None) -> list[ChatPiece]:
        """An answer of a model without refusals of its own."""
        spec = replace(self.spec("llm", name), drop_params=frozenset())
        return [piece async for piece in self.driver.stream_chat(self.endpoint, spec, request)]


@asynccontextmanager
async def calling(key: str, **values: str) -> AsyncIterator[Wire]:
    """Serves what a provider's vendor speaks; `values` stand in for those of the credential form."""
    provider, vendor = PROVIDERS[key], VENDORS.get(key)
    fake = vendor.fake() if vendor else fake_servers.get(provider.driver)()
    async with serving(fake) as address:
        entered = {**fake.credentials(address), **values}
        if vendor and vendor.entered is not None:
            entered["base_url"] = address + vendor.entered
        yield Wire(provider, at_once(make_endpoint(provider, entered)), fake)


def text_in(pieces: Sequence[ChatPiece]) -> str:
    return "".join(piece.text for piece in pieces if isinstance(piece, TextDelta))
