"""What budgets may be about besides a whole workspace: each app above brings its kind, with the names pages show."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar
from uuid import UUID

from apps.common.registry import Registry
from apps.workspaces.models import Workspace


class BudgetSubject(ABC):
    """One kind of subjects; `key` is a scope of budgets, `label` names the kind, in English, in the plural."""

    key: ClassVar[str]
    label: ClassVar[str]

    @abstractmethod
    def names(self, *, workspace: Workspace, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """What these are called; without those that exist no more."""

    @abstractmethod
    def find(self, *, workspace: Workspace, words: str = "") -> Sequence[tuple[UUID, str]]:
        """At most `MOST_FOUND` of the workspace to choose from, by the id of each its name, in order.

        Args:
            words: those that are called exactly so; empty: any, none where they are too many to choose from.
        """


MOST_FOUND = 500
budget_subjects: Registry[BudgetSubject] = Registry("budget subject", "budget_subjects", BudgetSubject)  # type: ignore[type-abstract]  # only subclasses are made


def names_of(workspace: Workspace, scope: str, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """What subjects of a scope are called; nothing for a scope that no app knows."""
    if not ids or scope not in budget_subjects:
        return {}
    return budget_subjects.get(scope)().names(workspace=workspace, ids=ids)


def choices_of(workspace: Workspace, scope: str, words: str = "") -> Sequence[tuple[UUID, str]]:
    """See `BudgetSubject.find`."""
    return budget_subjects.get(scope)().find(workspace=workspace, words=words) if scope in budget_subjects else ()
