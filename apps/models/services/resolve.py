"""From "this workspace, this model" to a handle that can be called; read once and kept in the process."""

from uuid import UUID

from apps.common import db
from apps.common.caching import NotifiedCache
from apps.models.configured import WorkspaceModels, stored_spec
from apps.models.contracts import ModelSpec, ModelType
from apps.models.errors import ProviderNotInitialized
from apps.models.handles import ModelHandle

_WORKSPACE = "select wrapped_private_key from workspaces_workspace where id = %s"
_CREDENTIALS = "select provider, encrypted from models_providercredential where workspace_id = %s order by provider"
_MODELS = """
    select provider, type, name, context_tokens, max_output_tokens, dimensions, features, properties, is_enabled
    from models_workspacemodel where workspace_id = %s order by created_at, id
"""
_DEFAULTS = "select type, provider, name from models_defaultmodel where workspace_id = %s"


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
        models = await rows(_MODELS)
        return workspace_id, WorkspaceModels(
            wrapped_private_key=bytes(workspace[0][0]),
            sealed={provider: bytes(encrypted) for provider, encrypted in await rows(_CREDENTIALS)},
            custom={(row[0], row[1], row[2]): _spec(row) for row in models if row[-1]},
            switched_off=frozenset((row[0], row[1], row[2]) for row in models if not row[-1]),
            defaults={type_: (provider, name) for type_, provider, name in await rows(_DEFAULTS)},
        )


def _spec(row: db.Row) -> ModelSpec:
    _, type_, name, context_tokens, max_output_tokens, dimensions, features, properties, _ = row
    return stored_spec(
        name=name,
        type=type_,
        context_tokens=context_tokens,
        max_output_tokens=max_output_tokens,
        dimensions=dimensions,
        features=features,
        properties=properties,
    )


_cache: NotifiedCache[WorkspaceModels] = NotifiedCache("models", _load)
