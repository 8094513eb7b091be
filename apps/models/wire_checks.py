"""Cases that prove one provider on the wire: what a case is, what it is given, how it fails. Free of Django."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, ClassVar, Final

from apps.common.registry import Registry
from apps.common.tokens import estimate_tokens

from .catalogue import Provider
from .contracts import (
    MODEL_TYPES,
    AudioFile,
    ChatMessage,
    ChatPiece,
    ChatRequest,
    Driver,
    Embeddings,
    Endpoint,
    Finish,
    ModelSpec,
    ModelType,
    Picture,
    RankedDocument,
    TextDelta,
    Timeouts,
    ToolCall,
    ToolCallDelta,
    Verdict,
)
from .fake_servers import FakeServer
from .faulty import Fault, spoiling

MAX_TOKENS: Final = 1024  # of an answer: enough for models that think first
OPEN, CLOSE = "<think>\n", "\n</think>\n\n"
# Protocols that do not say why a model stopped, or what it counted.
_UNSAID: Final[Mapping[str, frozenset[str]]] = {
    "demo": frozenset({"reason"}),
    "triton": frozenset({"usage", "reason"}),
    "replicate": frozenset({"usage", "reason"}),
}


class CaseFailed(Exception):
    """The provider did something else than the case asks; `code` is one of `diagnosis.CODES`."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


class NotApplicable(Exception):
    """The case cannot be run here; the text says why."""


@dataclass(frozen=True, slots=True)
class Said:
    """A streamed answer, read to its end."""

    pieces: Sequence[ChatPiece]

    @property
    def text(self) -> str:
        """The answer's text, without thoughts."""
        return self.whole.rpartition(CLOSE)[2]

    @property
    def whole(self) -> str:
        """All text, thoughts among it."""
        return "".join(piece.text for piece in self.pieces if isinstance(piece, TextDelta))

    @property
    def calls(self) -> Sequence[ToolCall]:
        """The calls of tools it asks for."""
        return [call for piece in self.pieces if isinstance(piece, ToolCallDelta) for call in piece.calls]

    @property
    def finish(self) -> Finish:
        """Its last piece. Raises CaseFailed: `missing_finish`."""
        if not self.pieces or not isinstance(self.pieces[-1], Finish):
            raise CaseFailed("missing_finish", "The answer does not end with its reason.")
        return self.pieces[-1]


@dataclass(slots=True)
class Context:
    """What a case works with; it counts what the calls cost.

    Args:
        make_endpoint: the provider's endpoint with a workspace's values (`configured.make_endpoint`).
        models: the model of each type that is asked.
        endpoints: of live models, by type; empty with a fake.
        fake, address: the server of the provider's protocol and where it is; None where the provider itself is asked.
        prepare: told what the fake is to be before a call: the model's type and name.
        outer: a fault that every call meets, unless its case brings one of its own.
    """

    provider: Provider
    driver: Driver
    models: Mapping[ModelType, ModelSpec]
    make_endpoint: Callable[[Mapping[str, str]], Endpoint]
    endpoints: Mapping[ModelType, Endpoint] = field(default_factory=dict)
    fake: FakeServer | None = None
    address: str = ""
    prepare: Callable[[ModelType, str], None] = lambda _type, _name: None
    credentials: Callable[[str], Mapping[str, str]] = lambda _address: {}
    outer: Fault | None = None
    timeouts: Timeouts | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    prices: dict[str, Decimal] = field(default_factory=dict)
    _changes: Mapping[str, str] = field(default_factory=dict)
    _spoilt: str = ""

    @property
    def main_type(self) -> ModelType:
        """The type of model that stands for the provider where a case needs any."""
        return next(iter(self.models))

    def endpoint(self, type_: ModelType | None = None) -> Endpoint:
        """Where the calls of a type go, with this case's changes."""
        if self.fake is None:
            found = self.endpoints.get(type_ or self.main_type) or self.make_endpoint({})
            found = replace(found, credentials={**found.credentials, **self._changes})
        else:
            found = self.make_endpoint({**self.credentials(self._spoilt or self.address), **self._changes})
        changed = tuple(value for name, value in self._changes.items() if name == "api_key")
        found = replace(found, secrets=(*found.secrets, *changed))
        return replace(found, timeouts=self.timeouts) if self.timeouts else found

    @property
    def secrets(self) -> Sequence[str]:
        """Of all endpoints that calls went to."""
        return [secret for type_ in self.models for secret in self.endpoint(type_).secrets]

    def spec(self, type_: ModelType, behaviour: str = "") -> ModelSpec:
        """The model of a type; of a fake, the one that behaves in a way (`fake_servers`)."""
        spec = self.models[type_]
        if self.fake is None:
            return spec
        if behaviour:
            owner = "acme/" if self.provider.driver in ("huggingface", "replicate") else ""
            spec = replace(spec, name=owner + behaviour)
        self.prepare(type_, spec.name)
        return spec

    async def chat(
        self,
        *messages: ChatMessage,
        behaviour: str = "",
        stop: Sequence[str] = (),
        tools: Sequence[Mapping[str, Any]] = (),
        mode: str = "",
        **parameters: Any,
    ) -> Said:
        """An answer to these messages. Raises as the driver does."""
        spec = self.spec("llm", behaviour)
        spec = replace(spec, mode="completion") if mode == "completion" else spec
        request = ChatRequest(messages, {"max_tokens": MAX_TOKENS, **parameters}, stop, tools)
        async with aclosing(self.driver.stream_chat(self.endpoint("llm"), spec, request)) as stream:
            said = Said([piece async for piece in stream])
        self._count(spec, said.finish.prompt_tokens, said.finish.completion_tokens)
        return said

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        """Vectors; models that take one text at once are asked text by text. Raises as the driver does."""
        spec = self.spec("text-embedding")
        vectors: list[Sequence[float]] = []
        tokens = 0
        for start in range(0, len(texts), spec.batch_size):
            batch = texts[start : start + spec.batch_size]
            found = await self.driver.embed(self.endpoint("text-embedding"), spec, batch)
            vectors += found.vectors
            tokens += found.tokens
        self._count(spec, tokens, 0)
        return Embeddings(vectors, tokens)

    async def rerank(self, query: str, documents: Sequence[str], top_n: int) -> Sequence[RankedDocument]:
        """Ranks. Raises as the driver does."""
        spec = self.spec("rerank")
        self._count(spec, estimate_tokens(" ".join([query, *documents])), 0)
        return await self.driver.rerank(self.endpoint("rerank"), spec, query, documents, top_n)

    async def transcribe(self, audio: AudioFile) -> str:
        """What is said in a recording. Raises as the driver does."""
        spec = self.spec("speech2text")
        heard = await self.driver.transcribe(self.endpoint("speech2text"), spec, audio)
        self._count(spec, heard.prompt_tokens, heard.completion_tokens, length_s=heard.length_s or audio.length_s)
        return heard.text

    async def speak(self, text: str, voice: str = "") -> bytes:
        """The sound of a text. Raises as the driver does."""
        spec = self.spec("tts")
        self._count(spec, estimate_tokens(text), 0, characters=len(text))
        voice = voice or (spec.voices[0].key if spec.voices else "amy")
        async with aclosing(self.driver.speak(self.endpoint("tts"), spec, text, voice)) as sound:
            return b"".join([part async for part in sound])

    async def moderate(self, texts: Sequence[str]) -> Sequence[Verdict]:
        """Verdicts. Raises as the driver does."""
        return await self.driver.moderate(self.endpoint("moderation"), self.spec("moderation"), texts)

    async def draw(self, name: str) -> Sequence[Picture]:
        """A picture. Raises as the driver does."""
        return await self.driver.draw(self.endpoint(), name, "a red square", "1024x1024", 1)

    async def probe(self) -> None:
        """A call of the provider's main type of model. Raises as the driver does."""
        await _PROBES[self.main_type](self)

    @asynccontextmanager
    async def changed(self, **values: str) -> AsyncIterator[None]:
        """Inside the block these values stand in for those of the credentials."""
        before, self._changes = self._changes, {**self._changes, **values}
        try:
            yield
        finally:
            self._changes = before

    @asynccontextmanager
    async def spoilt(self, fault: Fault | None) -> AsyncIterator[None]:
        """Inside the block the fake's answers have a fault."""
        if fault is None or self.fake is None:
            yield
            return
        before = self._spoilt
        async with spoiling(self.address, fault) as address:
            self._spoilt = address
            try:
                yield
            finally:
                self._spoilt = before

    @asynccontextmanager
    async def patient_for(self, limit_s: float) -> AsyncIterator[None]:
        """Inside the block a call waits no longer than this to connect, for the first byte, and between two."""
        before, self.timeouts = self.timeouts, Timeouts(limit_s, limit_s, limit_s)
        try:
            yield
        finally:
            self.timeouts = before

    def _count(
        self,
        spec: ModelSpec,
        prompt: int | None,
        completion: int | None,
        *,
        characters: int = 0,
        length_s: float = 0.0,
    ) -> None:
        prices = spec.prices
        self.prompt_tokens += prompt or 0
        self.completion_tokens += completion or 0
        amount = prices.amount(tokens=prompt or 0, characters=characters, length_s=length_s)
        spent = (amount * prices.prompt + (completion or 0) * prices.completion) * prices.unit
        self.prices[prices.currency] = self.prices.get(prices.currency, Decimal(0)) + spent


_PROBES: Final[Mapping[str, Callable[[Context], Any]]] = {
    "llm": lambda context: context.chat(user("Say hello.")),
    "text-embedding": lambda context: context.embed(["hello"]),
    "rerank": lambda context: context.rerank("hello", ["hello", "goodbye"], 1),
    "tts": lambda context: context.speak("Hello."),
    "moderation": lambda context: context.moderate(["a cup of tea"]),
}


class WireCase(ABC):
    """One thing that a provider must do.

    Args:
        model_type: of the models it is about; None: any.
        feature: that a model must have; models that a workspace enters may.
        expects: for the report: what the protocol promises.
        needs_fake: whether it needs a server that behaves as told.
        is_slow: whether it waits for a silence to be given up; such a case calls nothing but `Context.probe`.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    model_type: ClassVar[ModelType | None] = "llm"
    feature: ClassVar[str] = ""
    expects: ClassVar[str] = ""
    needs_fake: ClassVar[bool] = False
    is_slow: ClassVar[bool] = False

    def applies(self, provider: Provider) -> bool:
        """Whether the provider has what the case is about."""
        if self.model_type is not None and self.model_type not in types_of(provider):
            return False
        return not self.feature or has_feature(provider, self.feature)

    @abstractmethod
    async def run(self, context: Context) -> None:
        """Calls the provider.

        Raises:
            CaseFailed: it did something else.
            NotApplicable: the model at hand cannot be asked this.
            ProviderError: or another error of the driver's; `diagnosis` finds its code.
        """


def types_of(provider: Provider) -> Sequence[ModelType]:
    """The types of the provider's models and of those that a workspace may add, in the order of `MODEL_TYPES`."""
    entered = provider.custom_types if provider.custom_models else ()
    known = {*entered, *(model.type for model in provider.models)}
    return tuple(type_ for type_ in MODEL_TYPES if type_ in known)


def has_feature(provider: Provider, feature: str) -> bool:
    """Whether a model of the catalogue has it; without a catalogue, whether an entered model may."""
    if not any(model.type == "llm" for model in provider.models):
        return provider.driver == "openai"
    return any(feature in model.features for model in provider.models)


def says(provider: Provider, what: str) -> bool:
    """Whether the protocol tells `usage` (tokens) or `reason` (why the model stopped)."""
    return what not in _UNSAID.get(provider.driver, ())


def user(text: str) -> ChatMessage:
    """A message of the user."""
    return ChatMessage("user", text)


def expect(condition: object, code: str, sentence: str) -> None:
    """Raises CaseFailed unless the condition holds."""
    if not condition:
        raise CaseFailed(code, sentence)


wire_cases: Registry[WireCase] = Registry("wire case", "wire_cases", WireCase)  # type: ignore[type-abstract]  # only subclasses are made
