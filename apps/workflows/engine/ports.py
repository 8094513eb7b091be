"""What nodes reach outside of the engine; all of it belongs to the run's workspace."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from apps.common.tokens import estimate_tokens


@dataclass(frozen=True, slots=True)
class PromptMessage:
    """A message of a prompt.

    Args:
        role: system, user or assistant.
        files: file objects (service API 5.2) that the model is to see.
    """

    role: str
    text: str
    files: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """What a model wrote, and what it cost.

    Args:
        usage: as the service API shows it.
        calls: functions it asks for: name, and arguments as JSON text.
    """

    text: str
    usage: Mapping[str, Any]
    finish_reason: str = ""
    calls: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of a model.

    Args:
        mode: "chat" takes messages, "completion" one text.
        context_tokens: prompt and answer together.
        features: such as "vision", "tool-call", "json".
        counter: for texts and the tokens that there is room for, how their tokens are counted.
    """

    mode: str = "chat"
    context_tokens: int = 4096
    features: frozenset[str] = frozenset()
    counter: Callable[[Sequence[str], int], Callable[[str], int]] = lambda texts, room: estimate_tokens


@dataclass(frozen=True, slots=True)
class WebRequest:
    """What is sent to an address; names of headers as they are written.

    Args:
        connect_s: until there is a connection.
        timeout_s: for everything together.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    timeout_s: float = 60.0
    connect_s: float = 10.0


@dataclass(frozen=True, slots=True)
class WebAnswer:
    """What came back; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Models(Protocol):
    """Models of the workspace."""

    async def describe(self, model: Mapping[str, Any]) -> ModelFacts:
        """What is known of the model a file names. Raises NodeFailed: it is not set up here."""

    def ask(
        self,
        model: Mapping[str, Any],
        messages: Sequence[PromptMessage],
        *,
        functions: Sequence[Mapping[str, Any]] = (),
        detail: str = "high",
    ) -> AsyncIterator[str | ModelAnswer]:
        """Pieces of the answer, then the whole.

        Args:
            model: `provider`, `name` and `completion_params` as the file has them.
            functions: OpenAI function schemas that it may call.
            detail: how closely it is to look at pictures.

        Raises:
            NodeFailed: in the provider's own words.
        """


class Sandbox(Protocol):
    """Where code of users runs."""

    async def run_code(self, language: str, code: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """What `main` returned. Raises NodeFailed."""

    async def render(self, template: str, inputs: Mapping[str, Any]) -> str:
        """A Jinja2 template with its variables. Raises NodeFailed."""


class Web(Protocol):
    """Addresses of the internet."""

    async def fetch(self, request: WebRequest) -> WebAnswer:
        """An answer of any status. Raises NodeFailed: there is none."""


@dataclass(frozen=True, slots=True)
class Search:
    """A search of knowledge bases.

    Args:
        one_base: a model chooses the base to be searched; else all are.
        score_threshold: 0 to 1, None for none.
        rerank: provider and model that order what all bases bring.
        weights: of vectors and words where those order it.
        filters: `disabled`, `manual` or `automatic`.
        conditions: of manual filters: field, operator, value.
        meets_any: one condition is enough.
        model, filter_model: who chooses the base, who makes the filter, as files name models.
    """

    query: str
    dataset_ids: Sequence[str]
    one_base: bool = False
    top_k: int = 4
    score_threshold: float | None = None
    rerank: tuple[str, str] | None = None
    weights: tuple[float, float] | None = None
    filters: str = "disabled"
    conditions: Sequence[tuple[str, str, Any]] = ()
    meets_any: bool = False
    model: Mapping[str, Any] = field(default_factory=dict)
    filter_model: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """What a search brought.

    Args:
        passages: the best first, as the node's `result` shows them.
        tokens: of models that chose a base or made a filter: of their prompts and of their answers.
    """

    passages: Sequence[Mapping[str, Any]] = ()
    tokens: tuple[int, int] = (0, 0)


class Knowledge(Protocol):
    """Knowledge bases of the workspace."""

    async def search(self, search: Search) -> Found:
        """Searches them; bases that are not there are skipped. Raises NodeFailed."""


class Files(Protocol):
    """The files of a run. File objects are those of the service API (5.2)."""

    async def read(self, file: Mapping[str, Any]) -> bytes:
        """The bytes of a file. Raises NodeFailed: it is gone, too large, or not this run's."""

    async def save(self, name: str, mime_type: str, data: bytes) -> Mapping[str, Any]:
        """Keeps bytes as a file of the run's caller; returns its file object. Raises NodeFailed."""

    async def text_of(self, file: Mapping[str, Any]) -> str:
        """The text of a document, tables as Markdown. Raises NodeFailed: nothing reads it, or it is broken."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that is to be used.

    Args:
        provider_type: builtin, api, workflow ... as app files have it.
        providers: the names it may be found by, the first counts most.
    """

    provider_type: str
    providers: Sequence[str]
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """What a tool brought.

    Args:
        files: file objects (service API 5.2).
        variables: what it brings under names of its own.
        process_data, metadata: of the node's run; the latter with `total_tokens` and `total_price` where it cost any.
    """

    text: str = ""
    json: Sequence[Any] = ()
    files: Sequence[Mapping[str, Any]] = ()
    variables: Mapping[str, Any] = field(default_factory=dict)
    process_data: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


class Tools(Protocol):
    """Tools of the product and of the workspace."""

    async def use(self, call: ToolCall) -> ToolAnswer:
        """Uses it. Raises NodeFailed: it is not there, or it failed."""


@dataclass(frozen=True, slots=True)
class Services:
    """The ports of one run."""

    models: Models
    sandbox: Sandbox
    web: Web
    knowledge: Knowledge
    tools: Tools
    files: Files
