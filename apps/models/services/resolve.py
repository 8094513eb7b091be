"""From "this workspace, this model" to a handle that can be called; read once and kept in the process."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings

from apps.common import crypto, db
from apps.common.caching import NotifiedCache
from apps.models.catalogue import Provider, all_providers, canonical_provider, get_provider
from apps.models.contracts import Endpoint, ModelSpec, ModelType, Timeouts
from apps.models.errors import ModelNotFound, ProviderNotInitialized
from apps.models.handles import ModelHandle

DEMO = "demo"

_WORKSPACE = "select wrapped_private_key from workspaces_workspace where id = %s"
_CREDENTIALS = "select provider, encrypted from models_providercredential where workspace_id = %s order by provider"
_MODELS = """
    select provider, type, name, context_tokens, max_output_tokens, dimensions, features
    from models_workspacemodel where workspace_id = %s and is_enabled order by created_at, id
"""
_DEFAULTS = "select type, provider, name from models_defaultmodel where workspace_id = %s"


@dataclass(frozen=True, slots=True)
class WorkspaceModels:
    """What one workspace has configured; secrets are opened at first use.

    Args:
        sealed: encrypted credentials by provider.
        custom: the workspace's own models by provider, type and name, oldest first.
        defaults: provider and name by type.
    """

    wrapped_private_key: bytes
    sealed: Mapping[str, bytes]
    custom: Mapping[tuple[str, str, str], ModelSpec]
    defaults: Mapping[str, tuple[str, str]]
    handles: dict[tuple[str, str, str], ModelHandle] = field(default_factory=dict)

    def handle(self, model_type: ModelType, provider_name: str, name: str) -> ModelHandle:
        """The handle of a named model.

        Raises:
            ProviderNotInitialized: unknown provider, or no credentials for it.
            ModelNotFound: neither the catalogue nor the workspace has the model.
            CredentialsUnreadable: SECRET_KEY has changed.
        """
        key = (canonical_provider(provider_name), model_type, name)
        handle = self.handles.get(key)
        if handle is None:
            handle = self.handles[key] = self._make(get_provider(provider_name), model_type, name)
        return handle

    def default(self, model_type: ModelType) -> tuple[str, str]:
        """Provider and name used where nothing is chosen: the workspace's choice, else the first model of what it
        has configured, else the demo provider's.

        Raises:
            ProviderNotInitialized: nothing configured offers this type.
        """
        chosen = self.defaults.get(model_type)
        if chosen is not None:
            return chosen
        own = [(provider, name) for provider, type_, name in self.custom if type_ == model_type]
        listed = [
            (key, name)
            for key in (*self.sealed, DEMO)
            if key in all_providers()
            for type_, name in all_providers()[key].specs
            if type_ == model_type
        ]
        for candidate in own + listed:
            return candidate
        raise ProviderNotInitialized(
            f"No default {model_type} model is set. Choose one under Settings -> Model Provider."
        )

    def _make(self, provider: Provider, model_type: ModelType, name: str) -> ModelHandle:
        if provider.needs_credentials and provider.key not in self.sealed:
            raise ProviderNotInitialized
        spec = self.custom.get((provider.key, model_type, name)) or provider.specs.get((model_type, name))
        if spec is None:
            raise ModelNotFound(
                f"Model {name!r} ({model_type}) of provider {provider.label} is not available in this workspace. "
                "Add it under Settings -> Model Provider."
            )
        return ModelHandle(provider.key, spec, provider.make_driver(), self._endpoint(provider))

    def _endpoint(self, provider: Provider) -> Endpoint:
        sealed = self.sealed.get(provider.key)
        values = json.loads(crypto.decrypt(self.wrapped_private_key, sealed)) if sealed else {}
        return make_endpoint(provider, values)


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


async def resolve_model(
    *, workspace_id: UUID, model_type: ModelType, provider: str | None = None, name: str | None = None
) -> ModelHandle:
    """A handle for a model of a workspace.

    Args:
        provider: the catalogue key or the plugin form (`langgenius/openai/openai`); without it and `name`, the
            workspace's default of the type.

    Raises:
        ProviderNotInitialized: `provider_not_initialize`: unknown provider or no credentials.
        ModelNotFound: `model_currently_not_support`.
        CredentialsUnreadable: `credentials_unreadable`: SECRET_KEY has changed.
        Unavailable: the database is down.
    """
    configured = await _cache.get(str(workspace_id))
    if configured is None:
        raise ProviderNotInitialized
    if not (provider and name):
        provider, name = configured.default(model_type)
    return configured.handle(model_type, provider, name)


async def _load(workspace_id: str) -> tuple[str, WorkspaceModels] | None:
    async with db.connect() as connection:

        async def rows(sql: str) -> list[db.Row]:
            return await (await connection.execute(sql.encode(), [workspace_id])).fetchall()

        workspace = await rows(_WORKSPACE)
        if not workspace:
            return None
        return workspace_id, WorkspaceModels(
            wrapped_private_key=bytes(workspace[0][0]),
            sealed={provider: bytes(encrypted) for provider, encrypted in await rows(_CREDENTIALS)},
            custom={(row[0], row[1], row[2]): _spec(row) for row in await rows(_MODELS)},
            defaults={type_: (provider, name) for type_, provider, name in await rows(_DEFAULTS)},
        )


def _spec(row: db.Row) -> ModelSpec:
    _, type_, name, context_tokens, max_output_tokens, dimensions, features = row
    return ModelSpec(
        name=name,
        type=type_,
        label=name,
        context_tokens=context_tokens,
        max_output_tokens=max_output_tokens,
        dimensions=dimensions,
        features=frozenset(features),
    )


_cache: NotifiedCache[WorkspaceModels] = NotifiedCache("models", _load)
