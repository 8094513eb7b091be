"""What upper apps add to the console's command menu and to its audit page."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from apps.common.registry import Registry

from .models import Membership


@dataclass(frozen=True, slots=True)
class Found:
    """Something the command menu leads to.

    Args:
        icon: a name in frontend/icons.json.
        detail: what tells it from others of its name, such as an app's type.
    """

    label: str
    url: str
    icon: str
    detail: str = ""


class Finder(ABC):
    """Looks for one kind of thing by name; `label` is the group's heading."""

    key: ClassVar[str]
    label: ClassVar[str]

    @abstractmethod
    def find(self, *, membership: Membership, words: str, limit: int) -> Sequence[Found]:
        """What the member may open and whose name holds `words`, the best first, at most `limit`."""


finders: Registry[Finder] = Registry("finder", "finders", Finder)  # type: ignore[type-abstract]  # only subclasses are made


class Deeds:
    """How the audit page tells what members did with one kind of thing; `label` is the name of the group.

    Attributes:
        sentences: by action, such as `app.publish`, in English (mark them with `gettext_noop`), with `{who}` and
            `{what}`: the person, and the thing's name.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    sentences: ClassVar[Mapping[str, str]]

    @classmethod
    def names(cls, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """What those of these objects that still exist and are of this kind are called."""
        return {}


deeds: Registry[Deeds] = Registry("deeds", "deeds", Deeds)
