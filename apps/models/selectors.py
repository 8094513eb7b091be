"""Reads of the providers and models of a workspace."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from apps.common import crypto
from apps.common.errors import NotFound
from apps.common.tenancy import get_or_404
from apps.workspaces.models import Workspace

from .catalogue import CredentialField, Provider, all_providers
from .configured import WorkspaceModels, stored_spec
from .contracts import MODEL_TYPES, ModelSpec, ModelType
from .errors import ProviderNotInitialized
from .models import DefaultModel, ProviderCredential, WorkspaceModel

# A row that only says that a model of the catalogue is switched off.
OF_CATALOGUE = Q(properties__has_key="of_catalogue")


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
class ListedModel:
    """A model of one provider, usable or not.

    Args:
        own_id: of a model the workspace entered.
        is_default: it is used for its type where nothing is chosen.
    """

    spec: ModelSpec
    own_id: UUID | None
    is_enabled: bool
    is_default: bool


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model that can be chosen."""

    provider: Provider
    spec: ModelSpec
    is_default: bool


def get_configured(*, workspace: Workspace) -> WorkspaceModels:
    """All the workspace has configured, as `resolve_model` sees it."""
    fresh = Workspace.objects.only("wrapped_private_key").get(pk=workspace.pk)
    rows = list(WorkspaceModel.objects.filter(workspace=workspace).order_by("created_at", "pk"))
    return WorkspaceModels(
        wrapped_private_key=bytes(fresh.wrapped_private_key),
        sealed={
            row.provider: bytes(row.encrypted)
            for row in ProviderCredential.objects.filter(workspace=workspace).order_by("provider")
        },
        custom={(row.provider, row.type, row.name): spec_of(row) for row in rows if row.is_enabled},
        switched_off=frozenset((row.provider, row.type, row.name) for row in rows if not row.is_enabled),
        defaults={row.type: (row.provider, row.name) for row in DefaultModel.objects.filter(workspace=workspace)},
    )


def list_own_models(*, workspace: Workspace) -> Sequence[WorkspaceModel]:
    """The models the workspace entered, oldest first."""
    return list(WorkspaceModel.objects.filter(workspace=workspace).exclude(OF_CATALOGUE).order_by("created_at", "pk"))


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


def get_provider_state(*, workspace: Workspace, provider: str) -> ProviderState:
    """One provider as the workspace sees it. Raises NotFound: no file has this key."""
    state = next((state for state in list_providers(workspace=workspace) if state.provider.key == provider), None)
    if state is None:
        raise NotFound("There is no such model provider.")
    return state


def list_provider_models(*, workspace: Workspace, provider: Provider) -> list[ListedModel]:
    """All models of a provider: those the workspace entered, then the catalogue's, by type."""
    configured = get_configured(workspace=workspace)
    own = [row for row in list_own_models(workspace=workspace) if row.provider == provider.key]
    mine = {(row.type, row.name) for row in own}
    listed: list[tuple[ModelSpec, UUID | None]] = [(spec_of(row), row.pk) for row in own]
    listed += [(spec, None) for key, spec in provider.specs.items() if key not in mine]
    defaults = {model_type: _default(configured, model_type) for model_type in MODEL_TYPES}
    models = [
        ListedModel(
            spec,
            own_id,
            is_enabled=(provider.key, spec.type, spec.name) not in configured.switched_off,
            is_default=defaults[spec.type] == (provider.key, spec.name),
        )
        for spec, own_id in listed
    ]
    return sorted(models, key=lambda model: MODEL_TYPES.index(model.spec.type))


def get_own_model(*, workspace: Workspace, model_id: UUID | str) -> WorkspaceModel:
    """A model the workspace entered. Raises NotFound."""
    own = WorkspaceModel.objects.filter(workspace=workspace).exclude(OF_CATALOGUE)
    return get_or_404(own, model_id, "There is no such model.")


def list_models(*, workspace: Workspace, model_type: ModelType) -> list[ModelChoice]:
    """The models of a type that can be used in the workspace."""
    return _choices(get_configured(workspace=workspace), model_type)


def list_models_by_type(*, workspace: Workspace) -> dict[ModelType, list[ModelChoice]]:
    """The models that can be used in the workspace, for each type."""
    configured = get_configured(workspace=workspace)
    return {model_type: _choices(configured, model_type) for model_type in MODEL_TYPES}


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


def _choices(configured: WorkspaceModels, model_type: ModelType) -> list[ModelChoice]:
    default = _default(configured, model_type)
    return [
        ModelChoice(provider, spec, is_default=(provider.key, spec.name) == default)
        for provider, spec in configured.usable(model_type)
    ]


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


def has_own_model(*, workspace: Workspace) -> bool:
    """Whether the workspace has set up a provider or model; until then its apps run on the demo model."""
    rows = {"workspace": workspace}
    return ProviderCredential.objects.filter(**rows).exists() or WorkspaceModel.objects.filter(**rows).exists()
