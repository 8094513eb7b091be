"""What a run needs to know of an app and its caller, read once and kept until the database says otherwise."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.common import db, notify
from apps.common.caching import NotifiedCache
from apps.common.errors import BadRequest, NotFound, Unauthorized
from apps.common.ids import parse_uuid
from apps.workspaces.topics import WORKSPACE_TOPIC

from . import keys
from .choices import FLOW_MODES, TokenKind
from .config import BasicConfig, read_config
from .errors import ApiDisabled, NotPublished, SiteNotFound, WorkspaceArchived
from .flows import as_basic

APP_TOPIC = "app"  # the id sent with it is the app's


@dataclass(frozen=True, slots=True)
class AppRuntime:
    """One version of an app, for those who use it the published one.

    Args:
        flow: the `workflow` map of an app that is a graph; secrets in it are sealed.
        api_key_id: of the key by which it was found.
    """

    app_id: UUID
    workspace_id: UUID
    name: str
    description: str
    mode: str
    enable_api: bool
    enable_site: bool
    site_code: str
    workspace_status: str
    version_id: UUID | None
    config: BasicConfig | None
    flow: Mapping[str, Any] | None = None
    api_key_id: UUID | None = None

    def require_config(self) -> BasicConfig:
        """The version's configuration. Raises NotPublished."""
        if self.config is None:
            raise NotPublished
        return self.config


@dataclass(frozen=True, slots=True)
class DatasetKey:
    """Whose knowledge a dataset key opens; it acts as the workspace's owner."""

    workspace_id: UUID
    owner_id: UUID


_APP = """
    select a.id, a.workspace_id, a.name, a.description, a.mode, a.enable_api, a.enable_site, a.site_code,
        w.status, v.id, v.config
    from prompts_app a
    join workspaces_workspace w on w.id = a.workspace_id
    left join prompts_appversion v on v.id = a.published_id
"""
_DRAFT = _APP.replace("a.published_id", "coalesce(%s, a.draft_id) and v.app_id = a.id") + " where a.id = %s"
_APP_BY_CODE = f"{_APP} where a.site_code = %s"
_APP_BY_ID = f"{_APP} where a.id = %s"
_APP_BY_KEY = (
    _APP.replace("v.config", "v.config, t.id")
    + "join prompts_apitoken t on t.app_id = a.id where t.digest = %s and t.kind = 'app'"
)
_OWNER_BY_KEY = """
    select t.workspace_id, m.user_id, w.status
    from prompts_apitoken t
    join workspaces_workspace w on w.id = t.workspace_id
    left join workspaces_membership m on m.workspace_id = t.workspace_id and m.role = 'owner'
    where t.digest = %s and t.kind = 'dataset'
"""


async def _load(sql: str, argument: object) -> tuple[str, AppRuntime] | None:
    row = await db.fetch_one(sql, argument)
    if row is None:
        return None
    app = _read(row)
    return str(app.app_id), app


def _read(row: Sequence[Any]) -> AppRuntime:
    app_id, workspace_id, name, description, mode, enable_api, enable_site, site_code, *rest = row
    workspace_status, version_id, raw, *found_by = rest
    return AppRuntime(
        app_id=app_id,
        workspace_id=workspace_id,
        name=name,
        description=description,
        mode=mode,
        enable_api=enable_api,
        enable_site=enable_site,
        site_code=site_code,
        workspace_status=workspace_status,
        version_id=version_id,
        config=None if raw is None else read_config(as_basic(raw) if mode in FLOW_MODES else raw),
        flow=raw if mode in FLOW_MODES else None,
        api_key_id=found_by[0] if found_by else None,
    )


async def _load_by_key(digest: str) -> tuple[str, AppRuntime] | None:
    return await _load(_APP_BY_KEY, digest)


async def _load_by_code(code: str) -> tuple[str, AppRuntime] | None:
    return await _load(_APP_BY_CODE, code)


async def _load_by_id(app_id: str) -> tuple[str, AppRuntime] | None:
    return await _load(_APP_BY_ID, UUID(app_id))


async def _load_dataset_key(digest: str) -> tuple[str, DatasetKey] | None:
    row = await db.fetch_one(_OWNER_BY_KEY, digest)
    if row is None:
        return None
    workspace_id, owner_id, status = row
    if owner_id is None:
        raise Unauthorized("Tenant owner account does not exist.")
    if status != "normal":
        raise Unauthorized("Tenant does not exist.")
    return str(workspace_id), DatasetKey(workspace_id, owner_id)


_MARK_USED = "update prompts_apitoken set last_used_at = now() where digest = %s"
_MARK_EVERY_S = 60.0
_marked_at: dict[str, float] = {}
_marking: set[asyncio.Task[int]] = set()


def _mark_used(digest: str) -> None:
    """Notes the use of a key, at most once a minute and without making its user wait."""
    now = time.monotonic()
    if now - _marked_at.get(digest, -_MARK_EVERY_S) >= _MARK_EVERY_S:
        _marked_at[digest] = now
        task = asyncio.create_task(db.execute(_MARK_USED, digest))
        _marking.add(task)
        task.add_done_callback(_marking.discard)


_by_key = NotifiedCache(APP_TOPIC, _load_by_key)
_by_id = NotifiedCache(APP_TOPIC, _load_by_id)
_by_code = NotifiedCache(APP_TOPIC, _load_by_code)
_dataset_keys = NotifiedCache("dataset_key", _load_dataset_key)


def _forget(workspace_id: str | None) -> None:
    """A workspace was closed or opened again: rare enough to read every app anew."""
    for cache in (_by_key, _by_id, _by_code, _dataset_keys):
        cache.forget(None)


notify.subscribe(WORKSPACE_TOPIC, _forget)


async def app_of_key(token: str) -> AppRuntime:
    """The app a key belongs to, if its API may be used.

    Raises:
        Unauthorized: unknown or revoked key, or a key of another kind.
        Forbidden: the app's API is switched off or its workspace archived.
    """
    digest = keys.digest(token)
    app = await _by_key.get(digest) if token.startswith(f"{TokenKind.APP}-") else None
    if app is None:
        raise Unauthorized
    _mark_used(digest)
    if app.workspace_status != "normal":
        raise WorkspaceArchived
    if not app.enable_api:
        raise ApiDisabled
    return app


async def app_by_id(app_id: UUID, workspace_id: UUID) -> AppRuntime:
    """An app of this workspace.

    Raises:
        NotFound: no such app, or another workspace's.
        Forbidden: the workspace is archived.
    """
    app = await _by_id.get(str(app_id))
    if app is None or app.workspace_id != workspace_id:
        raise NotFound("The app does not exist.")
    if app.workspace_status != "normal":
        raise WorkspaceArchived
    return app


async def draft_by_id(app_id: UUID, workspace_id: UUID, version_id: UUID | None = None) -> AppRuntime:
    """An app of this workspace with its draft, or with the version named; read anew each time.

    Raises:
        NotFound: no such app, or another workspace's; the app has no such version any more.
        Forbidden: the workspace is archived.
    """
    row = await db.fetch_one(_DRAFT, version_id, app_id)
    app = None if row is None else _read(row)
    if app is None or app.workspace_id != workspace_id:
        raise NotFound("The app does not exist.")
    if app.workspace_status != "normal":
        raise WorkspaceArchived
    if app.config is None:
        raise NotFound("The app has no such version any more. Save its draft and try again.")
    return app


async def release_by_id(app: AppRuntime, workflow_id: object) -> AppRuntime:
    """The app with a version of it that was published at some time.

    Raises:
        NotFound: the app has no such version.
        BadRequest: it was never published, or this is no id.
    """
    version_id = parse_uuid(workflow_id)
    if version_id is None:
        raise BadRequest("Invalid workflow_id format.")
    row = await db.fetch_one(
        "select is_release from prompts_appversion where id = %s and app_id = %s", version_id, app.app_id
    )
    if row is None:
        raise NotFound(f"Workflow not found with id: {version_id}")
    if not row[0]:
        raise BadRequest("Cannot run a draft workflow. Publish it first.")
    return await draft_by_id(app.app_id, app.workspace_id, version_id)


async def app_of_site(code: str) -> AppRuntime:
    """The app behind a public page. Raises SiteNotFound: unknown or old code, switched off, archived workspace."""
    app = await _by_code.get(code) if code.isalnum() else None
    if app is None or not app.enable_site or app.workspace_status != "normal":
        raise SiteNotFound
    return app


async def workspace_of_key(token: str) -> DatasetKey:
    """The workspace a dataset key opens. Raises Unauthorized."""
    digest = keys.digest(token)
    key = await _dataset_keys.get(digest) if token.startswith(f"{TokenKind.DATASET}-") else None
    if key is None:
        raise Unauthorized
    _mark_used(digest)
    return key
