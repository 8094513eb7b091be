"""From "this workspace, this model" to a handle that can be called; read once and kept in the process."""

from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

from apps.common import db
from apps.common.caching import NotifiedCache
from apps.models.chains import Name, read_chain
from apps.models.configured import ModelRow, SealedKey, WorkspaceModels, arrange
from apps.models.contracts import ModelType
from apps.models.errors import ProviderNotInitialized
from apps.models.handles import ModelHandle

from .troubles import note_trouble

_WORKSPACE = "select wrapped_private_key from workspaces_workspace where id = %s"
_CREDENTIALS = """
    select provider, id, encrypted, updated_at from models_providercredential
    where workspace_id = %s and is_enabled order by provider, created_at, id
"""
_MODELS = """
    select provider, type, name, context_tokens, max_output_tokens, dimensions, features, properties, is_enabled,
        encrypted
    from models_workspacemodel where workspace_id = %s order by created_at, id
"""
_DEFAULTS = "select type, provider, name from models_defaultmodel where workspace_id = %s"
_CHAINS = "select type, chain from models_fallbackchain where workspace_id = %s"


async def resolve_model(
    *,
    workspace_id: UUID,
    model_type: ModelType,
    provider: str | None = None,
    name: str | None = None,
    stand_ins: Sequence[Name] | None = None,
) -> ModelHandle:
    """A handle for a model of a workspace.

    Args:
        provider: the catalogue key or the plugin form (`langgenius/openai/openai`); without it and `name`, the
            workspace's default of the type.
        stand_ins: provider and name of the models to fall back to; None: those of the workspace.

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
    return configured.handle(model_type, provider, name, stand_ins)


async def _load(workspace_id: str) -> tuple[str, WorkspaceModels] | None:
    async with db.connect() as connection:

        async def rows(sql: str) -> list[db.Row]:
            return await (await connection.execute(sql.encode(), [workspace_id])).fetchall()

        workspace = await rows(_WORKSPACE)
        if not workspace:
            return None
        custom, switched_off, own_sealed = arrange(ModelRow(*row) for row in await rows(_MODELS))
        keys = groupby(await rows(_CREDENTIALS), key=lambda row: str(row[0]))
        return workspace_id, WorkspaceModels(
            workspace_id=UUID(workspace_id),
            wrapped_private_key=bytes(workspace[0][0]),
            sealed={provider: [SealedKey(row[1], bytes(row[2]), row[3]) for row in group] for provider, group in keys},
            custom=custom,
            switched_off=switched_off,
            own_sealed=own_sealed,
            defaults={type_: (provider, name) for type_, provider, name in await rows(_DEFAULTS)},
            chains={type_: read_chain(chain) for type_, chain in await rows(_CHAINS)},
            watch=note_trouble,
        )


_cache: NotifiedCache[WorkspaceModels] = NotifiedCache("models", _load)
