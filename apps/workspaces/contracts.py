"""What upper apps add to the console: finders of its command menu, sentences of its audit page, first steps."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from django.urls import reverse

from apps.common.navigation import places
from apps.common.registry import Registry

from .models import Membership, Workspace


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


class FirstStep(ABC):
    """A step on a newcomer's way to an app of their own; the list of apps shows them until all are done.

    Attributes:
        label: in English, as something to do; pages translate it (mark it with `gettext_noop`), `hint` likewise.
        position: steps are shown by it.
        place: the key of the `Place` where it is done; where no app has that page, the step is without a link.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    hint: ClassVar[str]
    position: ClassVar[int]
    place: ClassVar[str]

    @abstractmethod
    def is_done(self, *, workspace: Workspace, demo_ids: Sequence[str]) -> bool:
        """By the rows there are, of which those that came as a demo do not count."""

    def url(self, *, workspace: Workspace, demo_ids: Sequence[str]) -> str:
        """Where to go for it; empty: nowhere yet."""
        return reverse(places.get(self.place).url_name) if self.place in places else ""


first_steps: Registry[FirstStep] = Registry("first step", "first_steps", FirstStep)  # type: ignore[type-abstract]  # as above
