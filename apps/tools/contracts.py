"""What a tool is, and what it has at hand. Free of Django."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Generic, Protocol, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from apps.common.registry import Registry


class ToolFailed(Exception):
    """A tool cannot do what it is asked; the sentence is for who uses it."""


@dataclass(frozen=True, slots=True)
class Page:
    """An answer of the web, as a tool gets it.

    Args:
        text: the readable part of a page as Markdown; other texts as they are.
    """

    status: int
    text: str


class ToolPorts(Protocol):
    """What tools reach outside; all of it belongs to the run's workspace."""

    async def read(self, url: str, headers: Mapping[str, str], *, as_page: bool) -> Page:
        """Gets an address of the internet.

        Args:
            as_page: menus, banners and the like of HTML are left out.

        Raises:
            ToolFailed: there is no answer, or none that is text.
        """

    async def run_code(self, language: str, code: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """What `main` returned in the sandbox. Raises ToolFailed."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool brings.

    Args:
        json: objects, for flows that go on with single values.
        files: file objects (service API 5.2).
    """

    text: str = ""
    json: Sequence[Any] = ()
    files: Sequence[Mapping[str, Any]] = ()
    variables: Mapping[str, Any] = field(default_factory=dict)


class ToolArgs(BaseModel):
    """Arguments of a tool: each has a `description` for models; those of `setting` are set by who builds the app."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


ArgsT = TypeVar("ArgsT", bound=ToolArgs)


class Tool(ABC, Generic[ArgsT]):
    """A tool.

    Attributes:
        key: `<provider>/<tool>`, as app files name them.
        description: for models: what it is for.
        Args: its arguments.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    description: ClassVar[str]
    Args: ClassVar[type[ToolArgs]]

    @abstractmethod
    async def use(self, args: ArgsT, ports: ToolPorts) -> ToolResult:
        """Does it. Raises ToolFailed."""


tools: Registry[Tool[Any]] = Registry("tool", "builtin", Tool)  # type: ignore[type-abstract]  # only subclasses are made


def setting(default: Any, description: str) -> Any:
    """An argument that who builds the app sets, not the model."""
    return Field(default, description=description, json_schema_extra={"form": "form"})


def _is_true(value: object) -> object:
    return value.strip().lower() in ("true", "1", "yes") if isinstance(value, str) else value


# Files carry booleans as text too.
Switch = Annotated[bool, BeforeValidator(_is_true)]


def tool_of(provider: str, name: str) -> type[Tool[Any]] | None:
    """The tool a file means; providers in plugin form (`org/plugin/provider`) by their last part."""
    return tools.all().get(f"{provider.rpartition('/')[2]}/{name}")


async def use_tool(kind: type[Tool[Any]], given: Mapping[str, Any], ports: ToolPorts) -> ToolResult:
    """Checks the arguments and uses the tool. Raises ToolFailed."""
    try:
        args = kind.Args.model_validate({name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise ToolFailed(f"{kind.label}: the parameter {name} does not fit: {first['msg']}.") from error
    return await kind().use(args, ports)
