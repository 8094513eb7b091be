"""What one workspace has configured, and how that becomes models that can be called. No I/O."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID
from zlib import crc32

from django.conf import settings

from apps.common import crypto
from apps.common.errors import AppError

from .catalogue import Provider, Trial, all_providers, canonical_provider, get_provider
from .chains import Name
from .contracts import Endpoint, ModelSpec, ModelType, Prices, Timeouts, Voice
from .errors import ModelNotFound, ProviderNotInitialized
from .handles import Key, ModelHandle
from .health import Health

# Vectors of two models cannot be compared, so no other embedding model can stand in.
WITHOUT_STAND_INS: Final = frozenset({"text-embedding"})
ENTERED_FOR: Final = "entered_for"  # among a model's own values: the provider's address at that time
MAX_HANDLES: Final = 1000  # apps may name lists of stand-ins without end
ModelKey = tuple[str, str, str]  # provider, type, model


class SealedKey(NamedTuple):
    """One stored access to a provider, still encrypted."""

    id: UUID
    data: bytes
    changed_at: datetime


class ModelRow(NamedTuple):
    """A row of what a workspace entered of a model: its own, or what it changed of the catalogue's."""

    provider: str
    type: str
    name: str
    context_tokens: int
    max_output_tokens: int | None
    dimensions: int | None
    features: Sequence[str]
    properties: Mapping[str, Any]
    is_enabled: bool
    encrypted: bytes | None


@dataclass(frozen=True, slots=True)
class WorkspaceModels:
    """What one workspace has configured; secrets are opened at first use.

    Args:
        sealed: encrypted credentials by provider, in the order they were entered; only those in use.
        custom: the workspace's own models and those of the catalogue that it repriced, oldest first.
        own_sealed: encrypted credentials of single models.
        switched_off: models, own or the catalogue's, that the workspace does not want used.
        defaults: provider and name by type.
        chains: the models that stand in, by type.
        workspace_id, watch: see `ModelHandle`.
    """

    wrapped_private_key: bytes = field(repr=False)
    sealed: Mapping[str, Sequence[SealedKey]] = field(repr=False)
    custom: Mapping[ModelKey, ModelSpec]
    defaults: Mapping[str, Name]
    switched_off: frozenset[ModelKey] = frozenset()
    own_sealed: Mapping[ModelKey, bytes] = field(default_factory=dict, repr=False)
    chains: Mapping[str, Sequence[Name]] = field(default_factory=dict)
    workspace_id: UUID | None = None
    watch: Callable[[Key, str, Health | None], None] | None = None
    handles: dict[tuple[Any, ...], ModelHandle] = field(default_factory=dict)

    def handle(
        self, model_type: ModelType, provider_name: str, name: str, stand_ins: Sequence[Name] | None = None
    ) -> ModelHandle:
        """The handle of a named model.

        Args:
            stand_ins: provider and name of the models to fall back to; None: those of the workspace. One that the
                workspace cannot use is left out.

        Raises:
            ProviderNotInitialized: unknown provider, or no credentials for it.
            ModelNotFound: neither the catalogue nor the workspace has the model, or it is switched off.
            CredentialsUnreadable: SECRET_KEY has changed.
        """
        chain = tuple(self.chains.get(model_type, ()) if stand_ins is None else stand_ins)
        key = (canonical_provider(provider_name), model_type, name, chain)
        handle = self.handles.get(key)
        if handle is None:
            handle = self._make(get_provider(provider_name), model_type, name)
            if chain and model_type not in WITHOUT_STAND_INS:
                handle = replace(handle, fallbacks=tuple(self._stand_ins(handle, model_type, chain)))
            if len(self.handles) >= MAX_HANDLES:
                self.handles.clear()
            self.handles[key] = handle
        return handle

    def default(self, model_type: ModelType) -> tuple[str, str]:
        """Provider and name used where nothing is chosen: the workspace's choice, else the first usable model.

        Raises:
            ProviderNotInitialized: nothing configured offers this type.
        """
        chosen = self.defaults.get(model_type)
        if chosen is not None:
            return chosen
        first = next(self.usable(model_type), None)
        if first is None:
            raise ProviderNotInitialized(
                f"No {model_type} model is available. Add one under Settings -> Model Provider."
            )
        return first[0].key, first[1].name

    def usable(self, model_type: ModelType) -> Iterator[tuple[Provider, ModelSpec]]:
        """The models that can be called: the workspace's own, the catalogue's of its providers, the demo ones."""
        known = all_providers()
        for (key, type_, _), spec in self.custom.items():
            has_access = self.is_configured(key) and self._may_use(known[key], spec.name)
            if type_ == model_type and (has_access or (key, type_, spec.name) in self.own_sealed):
                yield known[key], spec
        open_to_all = (key for key in known if key not in self.sealed and self.is_configured(key))
        for key in (*self.sealed, *open_to_all):
            for (type_, name), spec in known[key].specs.items() if key in known else ():
                is_taken = (key, type_, name) in self.custom or (key, type_, name) in self.switched_off
                if type_ == model_type and not is_taken and self._may_use(known[key], name):
                    yield known[key], spec

    def is_configured(self, provider: str) -> bool:
        """Whether the catalogue has the provider and the workspace its credentials, if it needs any, or a trial."""
        found = all_providers().get(provider)
        return found is not None and (
            not found.needs_credentials or provider in self.sealed or self.on_trial(found) is not None
        )

    def on_trial(self, provider: Provider) -> Trial | None:
        """What the workspace may try with the installation's key; None where it has one itself, or there is none."""
        is_hosted = provider.key not in self.sealed and bool(settings.HOSTED_API_KEYS.get(provider.key))
        return provider.trial if is_hosted else None

    def spec(self, model_type: ModelType, provider_name: str, name: str) -> ModelSpec:
        """What is known of a model. Raises as `handle`."""
        provider = get_provider(provider_name)
        if not self.is_configured(provider.key) and (provider.key, model_type, name) not in self.own_sealed:
            raise ProviderNotInitialized
        if (provider.key, model_type, name) in self.switched_off:
            raise ModelNotFound(
                f"Model {name!r} of provider {provider.label} is switched off in this workspace. "
                "Switch it on under Settings -> Model Provider, or choose another."
            )
        spec = self.custom.get((provider.key, model_type, name)) or provider.specs.get((model_type, name))
        if spec is None or not self._may_use(provider, name):
            raise ModelNotFound(
                f"Model {name!r} ({model_type}) of provider {provider.label} is not available in this workspace. "
                "Add it under Settings -> Model Provider."
            )
        return spec

    def values(self, provider: str) -> dict[str, str]:
        """The provider's first opened credentials, {} without any. Raises CredentialsUnreadable."""
        sealed = self.sealed.get(provider)
        return self.open(sealed[0].data) if sealed else {}

    def model_values(self, key: ModelKey) -> dict[str, str]:
        """The opened credentials of one model alone, {} without any. Raises CredentialsUnreadable."""
        sealed = self.own_sealed.get(key)
        return self.open(sealed) if sealed else {}

    def open(self, sealed: bytes) -> dict[str, str]:
        """Opened credentials. Raises CredentialsUnreadable."""
        return dict(json.loads(crypto.decrypt(self.wrapped_private_key, sealed)))

    def _make(self, provider: Provider, model_type: ModelType, name: str) -> ModelHandle:
        spec = self.spec(model_type, provider.key, name)
        keys = self._keys(provider, (provider.key, model_type, name))
        trial = self.on_trial(provider)
        return ModelHandle(
            provider.key,
            spec,
            provider.make_driver(),
            keys,
            workspace_id=self.workspace_id,
            trial_calls=trial.calls if trial and not self.own_sealed.get((provider.key, model_type, name)) else None,
            watch=self.watch,
        )

    def _may_use(self, provider: Provider, name: str) -> bool:
        trial = self.on_trial(provider)
        return trial is None or name in trial.models

    def _keys(self, provider: Provider, model: ModelKey) -> Sequence[Key]:
        """The provider's keys; one alone where the model has an access of its own."""
        own = self.model_values(model)
        sealed = self.sealed.get(provider.key, ())
        if is_own_access(provider, own) or not sealed:
            values = overlaid(provider, self.values(provider.key), own)
            if not values and self.on_trial(provider):
                hosted = {"api_key": settings.HOSTED_API_KEYS[provider.key]}
                return [Key(f"hosted {provider.key}", make_endpoint(provider, hosted))]
            whose = f"{self.workspace_id or id(self)} {' '.join(model)} {crc32(self.own_sealed.get(model, b''))}"
            return [Key(whose, make_endpoint(provider, values))]
        return [
            # The name changes with the row: a key that was touched begins anew, whatever it went through.
            Key(
                f"{key.id} {key.changed_at.timestamp()}",
                make_endpoint(provider, overlaid(provider, self.open(key.data), own)),
                key.id,
            )
            for key in sealed
        ]

    def _stand_ins(self, handle: ModelHandle, model_type: ModelType, chain: Iterable[Name]) -> Iterator[ModelHandle]:
        for provider_name, name in chain:
            if (canonical_provider(provider_name), name) == (handle.provider, handle.name):
                continue
            try:
                stand_in = self._make(get_provider(provider_name), model_type, name)
            except AppError:
                continue  # switched off or removed since it was chosen: the page of the chain says so
            if stand_in.trial_calls is None:  # a trial is for who asks for its model
                yield stand_in


def overlaid(provider: Provider, values: Mapping[str, str], own: Mapping[str, str]) -> Mapping[str, str]:
    """A provider's values with what a model has for itself; no key goes to another host than it was entered for.

    Raises:
        ProviderNotInitialized: the provider has moved since the model's own key was entered.
    """
    entered_for, own = own.get(ENTERED_FOR), {name: value for name, value in own.items() if name != ENTERED_FOR}
    if own.get("base_url"):
        return own if address_of(own) != address_of(values) else {**values, **own}
    if entered_for is not None and entered_for != address_of(values):
        raise ProviderNotInitialized(
            f"The address of {provider.label} has changed since this model's own key was entered. Enter it again."
        )
    return {**values, **own}


def is_own_access(provider: Provider, own: Mapping[str, str]) -> bool:
    """Whether a model has a server or a secret for itself."""
    return bool(own.get("base_url") or provider.secrets_of(own))


def bound(
    provider: Provider, values: Mapping[str, str], own: Mapping[str, str], before: Mapping[str, str]
) -> dict[str, str]:
    """What a model has for itself, with the address that its secrets were entered for.

    Args:
        values: the provider's.
        before: what the model had until now: where its secrets stay the same, so does their address.
    """
    secrets = provider.secrets_of(own)
    if not secrets or own.get("base_url"):
        return dict(own)
    is_kept = sorted(secrets) == sorted(provider.secrets_of(before)) and ENTERED_FOR in before
    return {**own, ENTERED_FOR: before[ENTERED_FOR] if is_kept else address_of(values)}


def address_of(values: Mapping[str, str]) -> str:
    """Where these values send their secrets; "" for the provider's own address."""
    return values.get("base_url", "").rstrip("/")


def arrange(
    rows: Iterable[ModelRow],
) -> tuple[dict[ModelKey, ModelSpec], frozenset[ModelKey], dict[ModelKey, bytes]]:
    """What rows of models say: the models entered or repriced, those switched off, credentials of single models."""
    specs: dict[ModelKey, ModelSpec] = {}
    switched_off, sealed = set(), {}
    for row in rows:
        key = (row.provider, row.type, row.name)
        if not row.is_enabled:
            switched_off.add(key)
        elif (spec := stored_spec(row)) is not None:
            specs[key] = spec
        if row.encrypted:
            sealed[key] = bytes(row.encrypted)
    return specs, frozenset(switched_off), sealed


def make_endpoint(provider: Provider, values: Mapping[str, str]) -> Endpoint:
    """The endpoint of a provider with these credentials, under this installation's limits."""
    address = settings.MODEL_BASE_URLS.get(provider.key)
    return Endpoint(
        provider=provider.key,
        options={**provider.driver_options, "base_url": address} if address else provider.driver_options,
        credentials=values,
        secrets=provider.secrets_of(values),
        timeouts=Timeouts(
            settings.MODEL_CONNECT_TIMEOUT_S, settings.MODEL_FIRST_BYTE_TIMEOUT_S, settings.MODEL_IDLE_TIMEOUT_S
        ),
        private_allowed=settings.MODEL_PRIVATE_ADDRESSES_ALLOWED,
    )


def stored_spec(row: ModelRow) -> ModelSpec | None:
    """What is known of a model by its row; None where the catalogue no longer has the model that it changes."""
    prices = Prices(_price(row.properties, "prompt"), _price(row.properties, "completion"))
    if row.properties.get("of_catalogue"):
        provider = all_providers().get(row.provider)
        listed = provider.specs.get((row.type, row.name)) if provider else None  # type: ignore[arg-type]  # as stored
        if listed is None or "prices" not in row.properties:
            return listed
        return replace(listed, prices=replace(prices, per=listed.prices.per))
    return ModelSpec(
        name=row.name,
        type=row.type,  # type: ignore[arg-type]  # checked against MODEL_TYPES when it was written
        label=row.name,
        context_tokens=row.context_tokens,
        max_output_tokens=row.max_output_tokens,
        dimensions=row.dimensions,
        features=frozenset(row.features),
        mode="completion" if row.properties.get("mode") == "completion" else "chat",
        voices=tuple(Voice(key, key.title()) for key in row.properties.get("voices", ())),
        prices=prices,
    )


def properties_of(spec: ModelSpec) -> dict[str, Any]:
    """What a row keeps of a model beside its columns; `stored_spec` reads it. Prices: USD per 1,000 tokens."""
    prices = {"prompt": str(spec.prices.prompt), "completion": str(spec.prices.completion)}
    return {"mode": spec.mode, "voices": [voice.key for voice in spec.voices], "prices": prices}


def _price(properties: Mapping[str, Any], name: str) -> Decimal:
    return Decimal(properties.get("prices", {}).get(name, 0))
