"""Draft, publish, restore, roll back: pointers of an app into its immutable versions."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.common import notify
from apps.common.errors import NotFound
from apps.prompts.locks import lock_app
from apps.prompts.models import App, AppVersion
from apps.prompts.runtime import APP_TOPIC
from apps.workspaces.models import User
from apps.workspaces.services import audit

KEPT_DRAFTS = 20


def save_draft(*, app: App, config: Mapping[str, Any], user: User | None = None, note: str = "") -> AppVersion:
    """Makes `config` the app's draft; what is published does not change.

    Args:
        config: the app file's `model_config` or `workflow` map.
    """
    with transaction.atomic():
        app = lock_app(app.id)
        last = app.versions.order_by("-number").first()
        number = last.number + 1 if last else 1
        version = app.versions.create(number=number, config=dict(config), created_by=user, note=note)
        _point(app, draft=version)
        _prune_drafts(app)
    return version


def publish(*, app: App, user: User | None = None, version_id: UUID | None = None) -> AppVersion:
    """Makes the draft, or an earlier version (a roll-back), what web app and API run.

    Raises:
        NotFound: the app has no such version.
    """
    with transaction.atomic():
        app = lock_app(app.id)
        version = app.draft if version_id is None else app.versions.filter(id=version_id).first()
        if version is None:
            raise NotFound("The app has no such version.")
        AppVersion.objects.filter(id=version.id).update(is_release=True)
        _point(app, published=version)
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
    return save_draft(app=app, config=version.config, user=user, note=f"restored from {version.number}")


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
