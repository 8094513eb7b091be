"""The service API as an app's own page shows it: contracts of its description, filled in with the app's form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal

from apps.common.registry import Registry

from .choices import AppMode
from .config import BasicConfig, Variable

# Stand in an example where the values of the app's form and its name go.
INPUTS: Final = "<the app's form>"
NAME: Final = "<the app's name>"
Where = Literal["body", "query", "path", "form"]
_FILES: Final = frozenset({"file", "file-list"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a caller gives.

    Args:
        about: in English, marked with `gettext_noop`.
    """

    name: str
    type: str
    about: str
    required: bool = False
    where: Where = "body"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A route with an example of a call and of its answer.

    Args:
        path: below /v1, with `{names}`.
        title, about: in English, marked with `gettext_noop`.
        body: of the example, sent as JSON; INPUTS and NAME stand for the app's form and name.
        query: of the example.
        form: of the example, sent as multipart together with `file`, a name.
        answer: an example, as JSON; text where it is none.
        stream: lines of an example of the streamed answer.
        feature: the switch of the app it depends on.
    """

    method: str
    path: str
    title: str
    about: str
    parameters: Sequence[Parameter] = ()
    body: Mapping[str, Any] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    file: str = ""
    answer: Any = None
    stream: str = ""
    feature: str = ""

    @property
    def anchor(self) -> str:
        """What the page's links name it: `post-chat-messages`."""
        words = self.path.replace("{", "").replace("}", "").strip("/").replace("/", "-").replace("_", "-")
        return f"{self.method.lower()}-{words}"


class Section:
    """Some endpoints under one heading.

    Attributes:
        label: in English; the page translates it.
        position: sections are sorted by it.
        modes: of the apps that have them; empty: all.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    position: ClassVar[int]
    modes: ClassVar[frozenset[AppMode]] = frozenset()
    endpoints: ClassVar[tuple[Endpoint, ...]]


sections: Registry[Section] = Registry("section of the API reference", "reference", Section)


def sections_of(mode: str) -> list[type[Section]]:
    """What an app of this kind answers to, in order."""
    found = [section for section in sections.all().values() if not section.modes or mode in section.modes]
    return sorted(found, key=lambda section: section.position)


def example_inputs(config: BasicConfig) -> dict[str, Any]:
    """A value for each field of the app's form."""
    return {variable.name: _example(variable) for variable in config.variables}


def blanks_of(*, name: str, config: BasicConfig) -> dict[str, Any]:
    """What an app of this name fills the examples in with."""
    return {INPUTS: example_inputs(config), NAME: name}


def fill_in(value: Any, blanks: Mapping[str, Any]) -> Any:
    """An example with what `blanks_of` gives in its places."""
    if isinstance(value, str):
        return blanks.get(value, value)
    if isinstance(value, Mapping):
        return {name: fill_in(item, blanks) for name, item in value.items()}
    return [fill_in(item, blanks) for item in value] if isinstance(value, list | tuple) else value


def is_on(config: BasicConfig, feature: str) -> bool:
    """Whether the app has a switch on; without one it always is."""
    settings = config.features.get(feature) if feature else {"enabled": True}
    return isinstance(settings, Mapping) and settings.get("enabled") is True


def _example(variable: Variable) -> Any:
    if variable.kind in _FILES:
        file = {"type": "document", "transfer_method": "remote_url", "url": "https://example.org/report.pdf"}
        return [file] if variable.kind == "file-list" else file
    if variable.default not in (None, ""):
        return variable.default
    if variable.options:
        return variable.options[0]
    plain: Mapping[str, Any] = {"number": 1, "checkbox": True}
    return plain.get(variable.kind, variable.label[: variable.max_length])
