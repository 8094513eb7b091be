"""Who would miss a provider: each app above says what of its own runs on the provider's models."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from apps.common.registry import Registry
from apps.workspaces.models import Workspace

from .models import DefaultModel, WorkspaceModel


class ModelUse(ABC):
    """One kind of thing that runs on models; `label` names the kind, in English, in the plural."""

    key: ClassVar[str]
    label: ClassVar[str]

    @abstractmethod
    def names(self, *, workspace: Workspace, provider: str) -> Sequence[str]:
        """What those are called that name a model of the provider (the catalogue's key), in order."""


model_uses: Registry[ModelUse] = Registry("model use", "model_uses", ModelUse)  # type: ignore[type-abstract]  # only subclasses are made


def list_uses(*, workspace: Workspace, provider: str) -> list[tuple[str, Sequence[str]]]:
    """Kinds and names of what runs on a provider's models; kinds without any are left out."""
    found = [(use.label, use().names(workspace=workspace, provider=provider)) for use in model_uses.all().values()]
    return [(label, names) for label, names in found if names]


def list_dependent_defaults(*, workspace: Workspace, provider: str) -> list[DefaultModel]:
    """The defaults that rest on a provider's keys, by type; a model with credentials of its own needs none of them."""
    own = WorkspaceModel.objects.filter(workspace=workspace, provider=provider, encrypted__isnull=False)
    independent = set(own.values_list("type", "name"))
    chosen = DefaultModel.objects.filter(workspace=workspace, provider=provider).order_by("type")
    return [default for default in chosen if (default.type, default.name) not in independent]
