"""What a model provider is to the rest of the product: typed requests, typed pieces of answers, drivers.

Three things are kept apart: a *driver* speaks a wire format (`drivers/<key>.py`), a *provider* is a YAML file
saying which driver, address, credentials and models (`providers/<key>.yaml`), and a *model handle* binds both to one
workspace's credentials. Free of Django.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from apps.common.registry import Registry

ModelType = Literal["llm", "text-embedding", "rerank", "speech2text", "tts", "moderation"]
ModelMode = Literal["chat", "completion"]
PricedBy = Literal["tokens", "characters", "calls", "minutes"]
MOST_PRICE = Decimal(4_000_000)  # no half of a call costs more; what a server counts must not keep it from being stored
MODEL_TYPES: tuple[ModelType, ...] = ("llm", "text-embedding", "rerank", "speech2text", "tts", "moderation")


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function call the model asks for.

    Args:
        arguments: JSON text as the model wrote it.
        signature: what the provider wants to see again with the call's result (thoughts it signed), as it came.
    """

    id: str
    name: str
    arguments: str
    signature: str = ""


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One prompt message.

    Args:
        role: system, user, assistant or tool.
        content: text, or OpenAI-style content parts for images.
        tool_calls: of an assistant message.
        tool_call_id: of a tool message: the call it answers.
    """

    role: str
    content: str | Sequence[Mapping[str, Any]]
    tool_calls: Sequence[ToolCall] = ()
    tool_call_id: str | None = None


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A chat completion to make.

    Args:
        parameters: temperature, top_p, max_tokens, presence_penalty, frequency_penalty, response_format, seed ...
        stop: at most four stop sequences.
        tools: OpenAI function schemas.
        user: opaque end-user id passed to the provider.
    """

    messages: Sequence[ChatMessage]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    stop: Sequence[str] = ()
    tools: Sequence[Mapping[str, Any]] = ()
    user: str | None = None

    def texts(self) -> Iterator[str]:
        """What is said in the messages, without pictures."""
        for message in self.messages:
            if isinstance(message.content, str):
                yield message.content
            else:
                yield from (str(part["text"]) for part in message.content if part.get("type") == "text")


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer's text, as one chunk of the upstream brought it (may be empty)."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """Finished tool calls (drivers join the fragments)."""

    calls: Sequence[ToolCall]


@dataclass(frozen=True, slots=True)
class Finish:
    """Last piece: why the model stopped and, where the provider says so, the tokens it counted."""

    reason: str
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Substitute:
    """Before the first piece: another model answers than the one that was asked (handles say so, drivers never)."""

    provider: str
    spec: "ModelSpec"


ChatPiece: TypeAlias = TextDelta | ToolCallDelta | Finish | Substitute


@dataclass(frozen=True, slots=True)
class Embeddings:
    """Vectors in the order of the texts, each L2-normalised, all of one dimension; `tokens` as counted or estimated."""

    vectors: Sequence[Sequence[float]]
    tokens: int


@dataclass(frozen=True, slots=True)
class RankedDocument:
    """A reranked document: its index in the request and its relevance, higher is better."""

    index: int
    score: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a moderation model says of one text: whether it offends, and in which of the provider's categories."""

    is_flagged: bool
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn picture and its media type."""

    mime_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AudioFile:
    """A recording: its bytes, its name (providers tell the format by the extension) and media type."""

    name: str
    mime_type: str
    data: bytes = field(repr=False)

    @property
    def length_s(self) -> float:
        """About how long it is: by the rate that a WAV file states, else at 32 kbit/s, as browsers record speech."""
        stated = int.from_bytes(self.data[28:32], "little") if self.data[:4] == b"RIFF" else 0
        return len(self.data) / max(stated, 4_000)


@dataclass(frozen=True, slots=True)
class Transcript:
    """What is said in a recording, and what the provider counted; None: it did not say.

    Args:
        length_s: of the recording.
    """

    text: str
    length_s: float | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice of a text-to-speech model; `languages` such as en-US, empty for all."""

    key: str
    label: str
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prices:
    """Unit prices in `currency` for `unit` tokens (0.001 means per 1,000 tokens, as the contract writes it).

    Args:
        per: what `prompt` is the price of; other things than tokens are sent to models that speak, hear or rank.
    """

    prompt: Decimal = Decimal(0)
    completion: Decimal = Decimal(0)
    unit: Decimal = Decimal("0.001")
    currency: str = "USD"
    per: PricedBy = "tokens"

    def amount(self, *, tokens: int = 0, characters: int = 0, length_s: float = 0.0) -> int | Decimal:
        """How much a call has of what `prompt` is the price of; `length_s` is a recording's."""
        minutes = Decimal(length_s) / 60
        amounts: dict[PricedBy, int | Decimal]
        amounts = {"tokens": tokens, "characters": characters, "calls": 1, "minutes": minutes}
        return amounts[self.per]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, price and time of one answer."""

    prompt_tokens: int
    completion_tokens: int
    prices: Prices
    latency_s: float
    time_to_first_token_s: float | None = None

    @property
    def prompt_price(self) -> Decimal:
        """What the prompt cost."""
        return min(self.prompt_tokens * self.prices.prompt * self.prices.unit, MOST_PRICE)

    @property
    def completion_price(self) -> Decimal:
        """What the answer cost."""
        return min(self.completion_tokens * self.prices.completion * self.prices.unit, MOST_PRICE)

    def as_metadata(self) -> dict[str, Any]:
        """The `usage` object of `message_end`: prices as strings, counts as integers, latency in seconds."""
        prices = self.prices
        return {
            "prompt_tokens": self.prompt_tokens,
            "prompt_unit_price": str(prices.prompt),
            "prompt_price_unit": str(prices.unit),
            "prompt_price": str(self.prompt_price),
            "completion_tokens": self.completion_tokens,
            "completion_unit_price": str(prices.completion),
            "completion_price_unit": str(prices.unit),
            "completion_price": str(self.completion_price),
            "total_tokens": self.prompt_tokens + self.completion_tokens,
            "total_price": str(self.prompt_price + self.completion_price),
            "currency": prices.currency,
            "latency": self.latency_s,
            "time_to_first_token": self.time_to_first_token_s,
        }


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """What is known of one model, from the catalogue or from what the workspace entered.

    Args:
        context_tokens: prompt and answer together.
        max_output_tokens: None where the provider states no own limit.
        features: such as "vision", "tool-call", "json".
        dimensions: of embedding vectors, None until known.
        drop_params: parameters this model refuses; they are left out of its requests.
        mode: of an llm: "chat" takes messages, "completion" one text.
        voices: of a tts model, the default first.
    """

    name: str
    type: ModelType
    label: str = ""
    context_tokens: int = 4096
    max_output_tokens: int | None = None
    features: frozenset[str] = frozenset()
    prices: Prices = Prices()
    dimensions: int | None = None
    batch_size: int = 32
    drop_params: frozenset[str] = frozenset()
    mode: ModelMode = "chat"
    voices: tuple[Voice, ...] = ()


@dataclass(frozen=True, slots=True)
class ParameterRule:
    """What a model parameter of an app may be.

    Args:
        type: float, int, string or boolean.
        minimum, maximum: inclusive; None for no bound.
        default: what the provider does where the parameter is not sent; None where that is the model's own affair.
        options: of a string: the only values.
        needs: a feature; models without it do not have the parameter.
    """

    name: str
    type: Literal["float", "int", "string", "boolean"]
    label: str
    minimum: float | None = None
    maximum: float | None = None
    default: float | str | bool | None = None
    options: tuple[str, ...] = ()
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Limits of one call in seconds: to connect, to the first byte, between two meaningful events."""

    connect_s: float = 10.0
    first_byte_s: float = 60.0
    idle_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where and how a driver calls: the provider's options merged with one workspace's credentials.

    Args:
        provider: the catalogue key, named in error sentences.
        options: the provider's YAML knobs for its driver, checked against `Driver.Options`.
        credentials: decrypted; never logged, never shown.
        secrets: those credentials' values that must not appear in any message.
        private_allowed: whether the provider may live on a private address.
    """

    provider: str
    options: Mapping[str, Any]
    credentials: Mapping[str, str] = field(repr=False)
    secrets: Sequence[str] = field(default=(), repr=False)
    timeouts: Timeouts = Timeouts()
    private_allowed: bool = False


class DriverOptions(BaseModel):
    """The knobs a driver understands in a provider's file; unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Driver(ABC):
    """A wire format. One instance serves all workspaces; everything particular comes in the arguments.

    Every method raises only `apps.models.errors.ProviderError` children, with the provider's own words in the
    message (trimmed, secrets masked), or `common.http.AddressBlocked`.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    Options: ClassVar[type[DriverOptions]] = DriverOptions
    parameters: ClassVar[Sequence[ParameterRule]] = ()  # of llm models; a provider's file may change them

    @abstractmethod
    def stream_chat(
        self, endpoint: Endpoint, model: ModelSpec, request: ChatRequest
    ) -> AsyncGenerator[ChatPiece, None]:
        """Streams an answer: text and tool-call pieces, then exactly one Finish.

        Each upstream chunk with text gives one TextDelta; the end of the text gives one empty TextDelta.
        Closing the iterator ends the upstream request.

        Raises:
            ProviderConnectionError: among others, where the upstream ends without saying that it is finished.
            ProviderBadAnswer: among others, where the answer has neither text nor tool call.
        """

    async def embed(self, endpoint: Endpoint, model: ModelSpec, texts: Sequence[str]) -> Embeddings:
        """Vectors of at most `model.batch_size` texts."""
        raise NotImplementedError(f"{self.key} embeds nothing")

    async def rerank(
        self, endpoint: Endpoint, model: ModelSpec, query: str, documents: Sequence[str], top_n: int
    ) -> Sequence[RankedDocument]:
        """The best `top_n` documents, best first."""
        raise NotImplementedError(f"{self.key} reranks nothing")

    async def transcribe(
        self, endpoint: Endpoint, model: ModelSpec, audio: AudioFile, user: str | None = None
    ) -> Transcript:
        """What is said in a recording."""
        raise NotImplementedError(f"{self.key} hears nothing")

    def speak(
        self, endpoint: Endpoint, model: ModelSpec, text: str, voice: str, user: str | None = None
    ) -> AsyncGenerator[bytes, None]:
        """MP3 of a text, piece by piece as it comes; closing the iterator ends the upstream request."""
        raise NotImplementedError(f"{self.key} says nothing")

    async def moderate(self, endpoint: Endpoint, model: ModelSpec, texts: Sequence[str]) -> Sequence[Verdict]:
        """A verdict on each text, in their order."""
        raise NotImplementedError(f"{self.key} moderates nothing")

    async def draw(self, endpoint: Endpoint, name: str, prompt: str, size: str, count: int) -> Sequence[Picture]:
        """Pictures of what a prompt says.

        Args:
            name: the picture model's.
            size: `<width>x<height>` in pixels.
        """
        raise NotImplementedError(f"{self.key} draws nothing")

    async def check(self, endpoint: Endpoint, model: ModelSpec | None) -> None:
        """Makes the cheapest call that proves the credentials (and the model, if given)."""
        raise NotImplementedError(f"{self.key} cannot check credentials")


drivers: Registry[Driver] = Registry("model driver", "drivers", Driver)  # type: ignore[type-abstract]  # only subclasses are made
