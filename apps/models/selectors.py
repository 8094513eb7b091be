"""Reads of the providers and models of a workspace."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.common import crypto
from apps.workspaces.models import Workspace

from .catalogue import CredentialField, Provider, all_providers
from .configured import WorkspaceModels, stored_spec
from .contracts import MODEL_TYPES, ModelSpec, ModelType
from .errors import ProviderNotInitialized
from .models import DefaultModel, ProviderCredential, WorkspaceModel


@dataclass(frozen=True, slots=True)
class ShownField:
    """A credential field with what may be shown of its value."""

    field: CredentialField
    value: str


@dataclass(frozen=True, slots=True)
class ProviderState:
    """A provider as one workspace sees it; secrets are masked.

    Args:
        is_configured: it can be used (the demo provider always).
        is_readable: False if SECRET_KEY has changed since the credentials were stored.
        own_models: those the workspace entered.
    """

    provider: Provider
    is_configured: bool
    is_readable: bool
    validated_at: datetime | None
    fields: Sequence[ShownField]
    own_models: Sequence[WorkspaceModel]


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model that can be chosen."""

    provider: Provider
    spec: ModelSpec
    is_default: bool


def get_configured(*, workspace: Workspace) -> WorkspaceModels:
    """All the workspace has configured, as `resolve_model` sees it."""
    fresh = Workspace.objects.only("wrapped_private_key").get(pk=workspace.pk)
    return WorkspaceModels(
        wrapped_private_key=bytes(fresh.wrapped_private_key),
        sealed={
            row.provider: bytes(row.encrypted)
            for row in ProviderCredential.objects.filter(workspace=workspace).order_by("provider")
        },
        custom={
            (row.provider, row.type, row.name): spec_of(row)
            for row in list_own_models(workspace=workspace)
            if row.is_enabled
        },
        defaults={row.type: (row.provider, row.name) for row in DefaultModel.objects.filter(workspace=workspace)},
    )


def list_own_models(*, workspace: Workspace) -> Sequence[WorkspaceModel]:
    """The models the workspace entered, oldest first."""
    return list(WorkspaceModel.objects.filter(workspace=workspace).order_by("created_at", "pk"))


def list_providers(*, workspace: Workspace) -> list[ProviderState]:
    """Every provider of the catalogue with its state in the workspace; the configured ones first."""
    configured = get_configured(workspace=workspace)
    checked = dict(ProviderCredential.objects.filter(workspace=workspace).values_list("provider", "validated_at"))
    own = list_own_models(workspace=workspace)
    states = [
        _state(configured, provider, checked.get(key), [model for model in own if model.provider == key])
        for key, provider in all_providers().items()
    ]
    return sorted(states, key=lambda state: not state.is_configured)


def list_models(*, workspace: Workspace, model_type: ModelType) -> list[ModelChoice]:
    """The models of a type that can be used in the workspace."""
    configured = get_configured(workspace=workspace)
    default = _default(configured, model_type)
    return [
        ModelChoice(provider, spec, is_default=(provider.key, spec.name) == default)
        for provider, spec in configured.usable(model_type)
    ]


def list_defaults(*, workspace: Workspace) -> dict[ModelType, tuple[str, str]]:
    """Provider and name that are used where nothing is chosen, for each type that has a usable model."""
    configured = get_configured(workspace=workspace)
    found = {model_type: _default(configured, model_type) for model_type in MODEL_TYPES}
    return {model_type: default for model_type, default in found.items() if default is not None}


def spec_of(row: WorkspaceModel) -> ModelSpec:
    """What is known of a model the workspace entered."""
    return stored_spec(
        name=row.name,
        type=row.type,  # type: ignore[arg-type]  # checked against MODEL_TYPES when it was written
        context_tokens=row.context_tokens,
        max_output_tokens=row.max_output_tokens,
        dimensions=row.dimensions,
        features=row.features,
        properties=row.properties,
    )


def _default(configured: WorkspaceModels, model_type: ModelType) -> tuple[str, str] | None:
    try:
        return configured.default(model_type)
    except ProviderNotInitialized:
        return None


def _state(
    configured: WorkspaceModels,
    provider: Provider,
    validated_at: datetime | None,
    own_models: Sequence[WorkspaceModel],
) -> ProviderState:
    try:
        values, is_readable = configured.values(provider.key), True
    except crypto.CredentialsUnreadable:
        values, is_readable = {}, False
    shown = [ShownField(field, _shown(field, values.get(field.name, ""))) for field in provider.credentials]
    return ProviderState(provider, configured.is_configured(provider.key), is_readable, validated_at, shown, own_models)


def _shown(field: CredentialField, value: str) -> str:
    return crypto.mask(value) if field.secret else value
