"""Draft, publish, restore, roll back: pointers of an app into its immutable versions."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.common import notify
from apps.common.errors import InvalidParam, NotFound
from apps.common.text import storable
from apps.prompts.config import ADVANCED
from apps.prompts.contracts import follow_publish, require_allowed, require_faultless
from apps.prompts.errors import ExpertModeOnly
from apps.prompts.locks import lock_app
from apps.prompts.models import App, AppVersion
from apps.prompts.runtime import APP_TOPIC
from apps.prompts.secret_values import seal_secrets
from apps.prompts.validation import require_valid
from apps.workspaces.models import User
from apps.workspaces.services import audit

KEPT_DRAFTS = 20
MAX_NOTE = 255  # characters


def save_draft(
    *,
    app: App,
    config: Mapping[str, Any],
    user: User | None = None,
    note: str = "",
    copied_from: Mapping[str, Any] | None = None,
    is_unfinished: bool = False,
    instead_of: AppVersion | None = None,
) -> AppVersion:
    """Makes `config` the app's draft; what is published does not change.

    Args:
        config: the app file's `model_config` or `workflow` map. An app's first one, which may come from a file of
            elsewhere, is taken as it is; it is checked when it is published.
        copied_from: the configuration of the app this one is a copy of.
        is_unfinished: somebody is still writing it: it is checked when it is published.
        instead_of: the present draft, never published; the new one takes its place and number.

    Raises:
        InvalidAppConfig: `invalid_app_config`, with every problem; also for what the person may not use.
        ExpertModeOnly: 409: a basic configuration for an app that was published in expert mode.
    """
    with transaction.atomic():
        app = lock_app(app.id)
        if app.draft is not None:
            _refuse_way_back(app, config)
            if not is_unfinished:
                require_valid(app.mode, config)
        if user is not None:
            known = [row.config for row in (app.draft, app.published) if row] + ([copied_from] if copied_from else [])
            require_allowed(user=user, workspace=app.workspace, config=config, known=known)
        return _add_draft(app, seal_secrets(app.workspace, config), user, note, instead_of)


def _refuse_way_back(app: App, config: Mapping[str, Any]) -> None:
    """The switch to expert mode has one direction; a draft restored from the version history may be basic again."""
    both = (app.published, app.draft)
    if config.get("prompt_type") != ADVANCED and all(row and row.config.get("prompt_type") == ADVANCED for row in both):
        raise ExpertModeOnly


def _add_draft(
    app: App, config: Mapping[str, Any], user: User | None, note: str, instead_of: AppVersion | None = None
) -> AppVersion:
    with transaction.atomic():
        app = lock_app(app.id)
        if instead_of is not None:
            App.objects.filter(id=app.id).update(draft=None)
            instead_of.delete()
        last = app.versions.order_by("-number").first()
        number = last.number + 1 if last else 1
        version = app.versions.create(number=number, config=dict(config), created_by=user, note=note)
        _point(app, draft=version)
        _prune_drafts(app)
    return version


def publish(*, app: App, user: User | None = None, version_id: UUID | None = None, note: str = "") -> AppVersion:
    """Makes the draft, or an earlier version (a roll-back), what web app and API run.

    Args:
        note: what the version history says of it, at most 255 characters; "" leaves what it says.

    Raises:
        NotFound: the app has no such version.
        InvalidParam: the note is too long.
        InvalidAppConfig: `invalid_app_config`, with every problem.
    """
    note = storable(note).strip()
    if len(note) > MAX_NOTE:
        raise InvalidParam(f"The note must be at most {MAX_NOTE} characters.", params="note")
    with transaction.atomic():
        app = lock_app(app.id)
        version = app.draft if version_id is None else app.versions.filter(id=version_id).first()
        if version is None:
            raise NotFound("The app has no such version.")
        if not version.is_release:  # what was live once may be live again
            require_valid(app.mode, version.config)
            require_faultless(mode=app.mode, config=version.config)
        AppVersion.objects.filter(id=version.id).update(is_release=True, note=note or version.note)
        _point(app, published=version)
        follow_publish(app=app, version=version)
        audit.record(
            workspace=app.workspace, user=user, action="app.publish", object_type="app", object_id=app.id,
            data={"version": version.number},
        )  # fmt: skip
    return version


def restore(*, app: App, version_id: UUID, user: User | None = None) -> AppVersion:
    """Makes a copy of an earlier version the draft. Raises NotFound."""
    version = app.versions.filter(id=version_id).first()
    if version is None:
        raise NotFound("The app has no such version.")
    return _add_draft(app, version.config, user, f"restored from {version.number}")


def _point(app: App, **pointers: AppVersion) -> None:
    for name, version in pointers.items():
        setattr(app, name, version)
    app.updated_at = timezone.now()
    app.save(update_fields=[*pointers, "updated_at"])
    notify.send(APP_TOPIC, app.id)


def _prune_drafts(app: App) -> None:
    """Keeps the newest drafts; what was ever published stays for ever."""
    drafts = app.versions.filter(is_release=False).exclude(id__in=[app.draft_id, app.published_id])
    old = drafts.order_by("-number").values_list("id", flat=True)[KEPT_DRAFTS:]
    app.versions.filter(id__in=list(old)).delete()
