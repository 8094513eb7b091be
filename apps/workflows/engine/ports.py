"""What nodes reach outside of the engine; all of it belongs to the run's workspace."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


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
    """

    text: str
    usage: Mapping[str, Any]
    finish_reason: str = ""


@dataclass(frozen=True, slots=True)
class WebRequest:
    """What is sent to an address; names of headers as they are written."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    timeout_s: float = 60.0


@dataclass(frozen=True, slots=True)
class WebAnswer:
    """What came back; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Models(Protocol):
    """Models of the workspace."""

    def ask(self, model: Mapping[str, Any], messages: Sequence[PromptMessage]) -> AsyncIterator[str | ModelAnswer]:
        """Pieces of the answer, then the whole.

        Args:
            model: `provider`, `name` and `completion_params` as the file has them.

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


class Knowledge(Protocol):
    """Knowledge bases of the workspace."""

    async def search(
        self, query: str, dataset_ids: Sequence[str], settings: Mapping[str, Any]
    ) -> Sequence[Mapping[str, Any]]:
        """Passages of knowledge bases, the best first, as the node's `result` shows them. Raises NodeFailed."""


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
