"""What one workspace has configured, and how that becomes models that can be called. No I/O."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.conf import settings

from apps.common import crypto

from .catalogue import Provider, all_providers, canonical_provider, get_provider
from .contracts import Endpoint, ModelSpec, ModelType, Prices, Timeouts, Voice
from .errors import ModelNotFound, ProviderNotInitialized
from .handles import ModelHandle


@dataclass(frozen=True, slots=True)
class WorkspaceModels:
    """What one workspace has configured; secrets are opened at first use.

    Args:
        sealed: encrypted credentials by provider.
        custom: the workspace's own models by provider, type and name, oldest first.
        switched_off: models, own or the catalogue's, that the workspace does not want used.
        defaults: provider and name by type.
    """

    wrapped_private_key: bytes = field(repr=False)
    sealed: Mapping[str, bytes] = field(repr=False)
    custom: Mapping[tuple[str, str, str], ModelSpec]
    defaults: Mapping[str, tuple[str, str]]
    switched_off: frozenset[tuple[str, str, str]] = frozenset()
    handles: dict[tuple[str, str, str], ModelHandle] = field(default_factory=dict)

    def handle(self, model_type: ModelType, provider_name: str, name: str) -> ModelHandle:
        """The handle of a named model.

        Raises:
            ProviderNotInitialized: unknown provider, or no credentials for it.
            ModelNotFound: neither the catalogue nor the workspace has the model, or it is switched off.
            CredentialsUnreadable: SECRET_KEY has changed.
        """
        key = (canonical_provider(provider_name), model_type, name)
        handle = self.handles.get(key)
        if handle is None:
            handle = self.handles[key] = self._make(get_provider(provider_name), model_type, name)
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
            if type_ == model_type and self.is_configured(key):
                yield known[key], spec
        for key in (*self.sealed, *(key for key, provider in known.items() if not provider.needs_credentials)):
            for (type_, name), spec in known[key].specs.items() if key in known else ():
                is_taken = (key, type_, name) in self.custom or (key, type_, name) in self.switched_off
                if type_ == model_type and not is_taken:
                    yield known[key], spec

    def is_configured(self, provider: str) -> bool:
        """Whether the catalogue has the provider and the workspace its credentials, if it needs any."""
        found = all_providers().get(provider)
        return found is not None and (not found.needs_credentials or provider in self.sealed)

    def spec(self, model_type: ModelType, provider_name: str, name: str) -> ModelSpec:
        """What is known of a model. Raises as `handle`."""
        provider = get_provider(provider_name)
        if not self.is_configured(provider.key):
            raise ProviderNotInitialized
        if (provider.key, model_type, name) in self.switched_off:
            raise ModelNotFound(
                f"Model {name!r} of provider {provider.label} is switched off in this workspace. "
                "Switch it on under Settings -> Model Provider, or choose another."
            )
        spec = self.custom.get((provider.key, model_type, name)) or provider.specs.get((model_type, name))
        if spec is None:
            raise ModelNotFound(
                f"Model {name!r} ({model_type}) of provider {provider.label} is not available in this workspace. "
                "Add it under Settings -> Model Provider."
            )
        return spec

    def values(self, provider: str) -> dict[str, str]:
        """The provider's opened credentials, {} without any. Raises CredentialsUnreadable."""
        sealed = self.sealed.get(provider)
        return dict(json.loads(crypto.decrypt(self.wrapped_private_key, sealed))) if sealed else {}

    def _make(self, provider: Provider, model_type: ModelType, name: str) -> ModelHandle:
        spec = self.spec(model_type, provider.key, name)
        endpoint = make_endpoint(provider, self.values(provider.key))
        return ModelHandle(provider.key, spec, provider.make_driver(), endpoint)


def make_endpoint(provider: Provider, values: Mapping[str, str]) -> Endpoint:
    """The endpoint of a provider with these credentials, under this installation's limits."""
    return Endpoint(
        provider=provider.key,
        options=provider.driver_options,
        credentials=values,
        secrets=provider.secrets_of(values),
        timeouts=Timeouts(
            settings.MODEL_CONNECT_TIMEOUT_S, settings.MODEL_FIRST_BYTE_TIMEOUT_S, settings.MODEL_IDLE_TIMEOUT_S
        ),
        private_allowed=settings.MODEL_PRIVATE_ADDRESSES_ALLOWED,
    )


def stored_spec(
    *,
    name: str,
    type: ModelType,
    context_tokens: int,
    max_output_tokens: int | None,
    dimensions: int | None,
    features: Iterable[str],
    properties: Mapping[str, Any],
) -> ModelSpec:
    """What is known of a model the workspace entered; the arguments are its row's."""
    return ModelSpec(
        name=name,
        type=type,
        label=name,
        context_tokens=context_tokens,
        max_output_tokens=max_output_tokens,
        dimensions=dimensions,
        features=frozenset(features),
        mode="completion" if properties.get("mode") == "completion" else "chat",
        voices=tuple(Voice(key, key.title()) for key in properties.get("voices", ())),
        prices=Prices(_price(properties, "prompt"), _price(properties, "completion")),
    )


def properties_of(spec: ModelSpec) -> dict[str, Any]:
    """What a row keeps of a model beside its columns; `stored_spec` reads it. Prices: USD per 1,000 tokens."""
    prices = {"prompt": str(spec.prices.prompt), "completion": str(spec.prices.completion)}
    return {"mode": spec.mode, "voices": [voice.key for voice in spec.voices], "prices": prices}


def _price(properties: Mapping[str, Any], name: str) -> Decimal:
    return Decimal(properties.get("prices", {}).get(name, 0))
