"""Reads of the providers and models of a workspace."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from django.db.models import Prefetch, Q
from django.utils import timezone

from apps.billing.selectors import list_trials
from apps.common import crypto
from apps.common.errors import AppError, NotFound
from apps.common.tenancy import get_or_404
from apps.workspaces.models import Workspace

from .catalogue import CredentialField, Provider, all_providers
from .chains import read_chain
from .configured import ModelRow, SealedKey, WorkspaceModels, arrange, stored_spec
from .contracts import MODEL_TYPES, ModelSpec, ModelType, Prices
from .errors import ProviderNotInitialized
from .models import DefaultModel, FallbackChain, KeyTrouble, ProviderCredential, WorkspaceModel

# A row that only says what the workspace changed of a model of the catalogue: its price, or that it is switched off.
OF_CATALOGUE = Q(properties__has_key="of_catalogue")


@dataclass(frozen=True, slots=True)
class ShownField:
    """A credential field with what may be shown of its value."""

    field: CredentialField
    value: str


@dataclass(frozen=True, slots=True)
class ShownKey:
    """A key of a provider as its page shows it; secrets are masked.

    Args:
        hint: what it can be told by: its masked secret, else its address.
        is_readable: False if SECRET_KEY has changed since it was stored.
        rests: why and until when it is left alone at present.
    """

    id: UUID
    label: str
    hint: str
    is_enabled: bool
    is_readable: bool
    validated_at: datetime | None
    fields: Sequence[ShownField]
    rests: Sequence[KeyTrouble]


@dataclass(frozen=True, slots=True)
class TrialState:
    """What is left of the calls that a workspace without a key of its own may make with the installation's."""

    calls: int
    left: int


@dataclass(frozen=True, slots=True)
class ProviderState:
    """A provider as one workspace sees it; secrets are masked.

    Args:
        is_configured: it can be used (the demo provider always).
        keys: in the order in which they were entered.
        own_models: those the workspace entered.
        trial: where it is used with the installation's key.
    """

    provider: Provider
    is_configured: bool
    keys: Sequence[ShownKey]
    own_models: Sequence[WorkspaceModel]
    trial: TrialState | None

    @property
    def is_readable(self) -> bool:
        """False if SECRET_KEY has changed since a key was stored."""
        return all(key.is_readable for key in self.keys)

    @property
    def is_checked(self) -> bool:
        """Whether the provider has accepted a key that is in use."""
        return any(key.is_enabled and key.validated_at for key in self.keys)

    @property
    def resting(self) -> Sequence[ShownKey]:
        """The keys in use that are left alone at present."""
        return [key for key in self.keys if key.is_enabled and key.rests]


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model of one provider, usable or not.

    Args:
        own_id: of a model the workspace entered.
        is_default: it is used for its type where nothing is chosen.
        has_own_access: it has credentials for itself.
        list_prices: the catalogue's, where the workspace has entered others.
    """

    spec: ModelSpec
    own_id: UUID | None
    is_enabled: bool
    is_default: bool
    has_own_access: bool = False
    list_prices: Prices | None = None


@dataclass(frozen=True, slots=True)
class ChainLink:
    """A model that stands in for others; `is_missing` where it does not: the workspace cannot use it, or on trial."""

    provider: str
    name: str
    label: str
    provider_label: str
    is_missing: bool


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model that can be chosen."""

    provider: Provider
    spec: ModelSpec
    is_default: bool


def get_configured(*, workspace: Workspace) -> WorkspaceModels:
    """All the workspace has configured, as `resolve_model` sees it."""
    fresh = Workspace.objects.only("wrapped_private_key").get(pk=workspace.pk)
    rows = WorkspaceModel.objects.filter(workspace=workspace).order_by("created_at", "pk")
    custom, switched_off, own_sealed = arrange(map(_as_row, rows))
    keys = groupby(list_keys(workspace=workspace, only_enabled=True), key=lambda row: row.provider)
    return WorkspaceModels(
        workspace_id=workspace.pk,
        wrapped_private_key=bytes(fresh.wrapped_private_key),
        sealed={
            provider: [SealedKey(row.pk, bytes(row.encrypted), row.updated_at) for row in group]
            for provider, group in keys
        },
        custom=custom,
        switched_off=switched_off,
        own_sealed=own_sealed,
        defaults={row.type: (row.provider, row.name) for row in DefaultModel.objects.filter(workspace=workspace)},
        chains={row.type: read_chain(row.chain) for row in FallbackChain.objects.filter(workspace=workspace)},
    )


def list_keys(
    *, workspace: Workspace, provider: str | None = None, only_enabled: bool = False
) -> Sequence[ProviderCredential]:
    """The workspace's keys, by provider (the catalogue's key), each provider's in the order they were entered."""
    rows = ProviderCredential.objects.filter(workspace=workspace).order_by("provider", "created_at", "pk")
    if provider is not None:
        rows = rows.filter(provider=provider)
    return list(rows.filter(is_enabled=True) if only_enabled else rows)


def get_key(*, workspace: Workspace, key_id: UUID | str) -> ProviderCredential:
    """A key of a provider. Raises NotFound."""
    keys = ProviderCredential.objects.filter(workspace=workspace)
    return get_or_404(keys, key_id, "There is no such key.")


def list_own_models(*, workspace: Workspace) -> Sequence[WorkspaceModel]:
    """The models the workspace entered, oldest first."""
    return list(WorkspaceModel.objects.filter(workspace=workspace).exclude(OF_CATALOGUE).order_by("created_at", "pk"))


def list_providers(*, workspace: Workspace) -> list[ProviderState]:
    """Every provider of the catalogue with its state in the workspace; the configured ones first."""
    configured = get_configured(workspace=workspace)
    keys = _shown_keys(workspace, configured)
    own = list_own_models(workspace=workspace)
    used = {trial.provider: trial.used for trial in list_trials(workspace)}
    states = [
        ProviderState(
            provider,
            configured.is_configured(key),
            keys.get(key, ()),
            [model for model in own if model.provider == key],
            _trial(configured, provider, used.get(key, 0)),
        )
        for key, provider in all_providers().items()
    ]
    return sorted(states, key=lambda state: (not state.is_configured, not state.keys))


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
    listed += [
        (configured.custom.get((provider.key, *key), spec), None)
        for key, spec in provider.specs.items()
        if key not in mine
    ]
    defaults = {model_type: _default(configured, model_type) for model_type in MODEL_TYPES}
    models = [
        ListedModel(
            spec,
            own_id,
            is_enabled=(provider.key, spec.type, spec.name) not in configured.switched_off,
            is_default=defaults[spec.type] == (provider.key, spec.name),
            has_own_access=(provider.key, spec.type, spec.name) in configured.own_sealed,
            list_prices=_list_prices(provider, spec) if own_id is None else None,
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


def list_chains(*, workspace: Workspace) -> dict[ModelType, list[ChainLink]]:
    """The models that stand in for one that does not answer, for each type, the first one first."""
    configured = get_configured(workspace=workspace)
    return {
        model_type: [_link(configured, model_type, *name) for name in configured.chains.get(model_type, ())]
        for model_type in MODEL_TYPES
    }


def get_chain(*, workspace: Workspace, model_type: ModelType) -> list[tuple[str, str]]:
    """Provider and name of the models that stand in for one of a type, usable or not."""
    row = FallbackChain.objects.filter(workspace=workspace, type=model_type).first()
    return read_chain(row.chain) if row else []


def describe_chain(*, workspace: Workspace, model_type: ModelType, names: Iterable[tuple[str, str]]) -> list[ChainLink]:
    """A list of models, by provider and name, that is not stored (yet)."""
    configured = get_configured(workspace=workspace)
    return [_link(configured, model_type, *name) for name in names]


def is_on_trial(configured: WorkspaceModels, model_type: ModelType, provider: str, name: str) -> bool:
    """Whether calls of a model would be made with the installation's key; such a model stands in for no other.

    Args:
        provider: the catalogue's key.
    """
    found = all_providers().get(provider)
    has_own_access = (provider, model_type, name) in configured.own_sealed
    return found is not None and configured.on_trial(found) is not None and not has_own_access


def list_substitutes(*, workspace: Workspace, model_type: ModelType) -> list[ModelChoice]:
    """The models of a type that can stand in for others: those that can be used and are not on trial."""
    configured = get_configured(workspace=workspace)
    return [
        choice
        for choice in _choices(configured, model_type)
        if not is_on_trial(configured, model_type, choice.provider.key, choice.spec.name)
    ]


def no_values(provider: Provider) -> list[ShownField]:
    """The fields of a key that is still to be entered."""
    return [ShownField(field, "") for field in provider.credentials]


def shown_own_values(*, workspace: Workspace, provider: Provider, model: WorkspaceModel | None) -> list[ShownField]:
    """The credentials that a model has for itself, masked; of none and of one that cannot be read, empty ones."""
    values: dict[str, str] = {}
    if model is not None and model.encrypted:
        values, _ = _opened(get_configured(workspace=workspace), bytes(model.encrypted))
    return [ShownField(field, _shown(field, values.get(field.name, ""))) for field in provider.model_credentials]


def spec_of(row: WorkspaceModel) -> ModelSpec:
    """What is known of a model the workspace entered. Raises NotFound: the catalogue has dropped it."""
    spec = stored_spec(_as_row(row))
    if spec is None:
        raise NotFound("There is no such model.")
    return spec


def _as_row(row: WorkspaceModel) -> ModelRow:
    return ModelRow(*(getattr(row, name) for name in ModelRow._fields))


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


def _shown_keys(workspace: Workspace, configured: WorkspaceModels) -> dict[str, list[ShownKey]]:
    resting = KeyTrouble.objects.filter(until__gt=timezone.now()).order_by("model")
    rows = ProviderCredential.objects.filter(workspace=workspace).order_by("provider", "created_at", "pk")
    found: dict[str, list[ShownKey]] = {}
    for row in rows.prefetch_related(Prefetch("troubles", resting)):
        provider = all_providers().get(row.provider)
        if provider is not None:
            found.setdefault(row.provider, []).append(_shown_key(configured, provider, row))
    return found


def _shown_key(configured: WorkspaceModels, provider: Provider, row: ProviderCredential) -> ShownKey:
    values, is_readable = _opened(configured, bytes(row.encrypted))
    fields = [ShownField(field, _shown(field, values.get(field.name, ""))) for field in provider.credentials]
    hints = sorted((shown for shown in fields if shown.value), key=lambda shown: not shown.field.secret)
    hint = hints[0].value if hints else ""
    rests = list(row.troubles.all())
    return ShownKey(row.pk, row.label, hint, row.is_enabled, is_readable, row.validated_at, fields, rests)


def _opened(configured: WorkspaceModels, sealed: bytes) -> tuple[dict[str, str], bool]:
    """Values, and whether they could be read."""
    try:
        return configured.open(sealed), True
    except crypto.CredentialsUnreadable:
        return {}, False


def _trial(configured: WorkspaceModels, provider: Provider, used: int) -> TrialState | None:
    trial = configured.on_trial(provider)
    return TrialState(trial.calls, max(0, trial.calls - used)) if trial else None


def _list_prices(provider: Provider, spec: ModelSpec) -> Prices | None:
    listed = provider.specs.get((spec.type, spec.name))
    return listed.prices if listed is not None and listed.prices != spec.prices else None


def _link(configured: WorkspaceModels, model_type: ModelType, key: str, name: str) -> ChainLink:
    known = all_providers().get(key)
    provider_label = known.label if known else key
    try:
        spec = configured.spec(model_type, key, name)
    except AppError:
        return ChainLink(key, name, name, provider_label, is_missing=True)
    is_missing = is_on_trial(configured, model_type, key, name)
    return ChainLink(key, name, spec.label or name, provider_label, is_missing=is_missing)


def _shown(field: CredentialField, value: str) -> str:
    return crypto.mask(value) if field.secret else value


def has_own_model(*, workspace: Workspace) -> bool:
    """Whether the workspace has set up a provider or model; until then its apps run on the demo model."""
    rows = {"workspace": workspace}
    return ProviderCredential.objects.filter(**rows).exists() or WorkspaceModel.objects.filter(**rows).exists()
