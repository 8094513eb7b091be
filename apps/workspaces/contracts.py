"""What upper apps add to the console's command menu."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

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
