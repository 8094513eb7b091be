"""Deleting an app with everything it has brought forth."""

from django.db import transaction
from django.db.models import QuerySet

from apps.common import notify
from apps.common.batches import delete_in_batches
from apps.files.models import UploadFile
from apps.files.services.uploads import delete_unused_uploads
from apps.prompts.contracts import app_cleanups
from apps.prompts.locks import lock_app
from apps.prompts.models import App, EndUser, Site
from apps.prompts.runtime import APP_TOPIC
from apps.workspaces.models import User
from apps.workspaces.services import audit, tags

from .icons import release_icon


def delete_app(*, app: App, user: User | None = None) -> None:
    """Removes an app, and its rows in every table: versions, keys, page, tags, conversations, files, end users.

    The app stops answering at once. Then its rows go in small transactions, so that nobody's writes wait, and its own
    row last: where the process dies in between, the app is still listed, switched off, and can be deleted again.
    The audit trail keeps that there was such an app.
    """
    with transaction.atomic():
        _switch_off(app)
    cleanups = [cleanup() for cleanup in app_cleanups.all().values()]
    for cleanup in cleanups:
        cleanup.stop(app.id)
    for cleanup in cleanups:
        cleanup.clean(app.id)
    uploads = UploadFile.objects.filter(workspace=app.workspace)

    def delete_uploads_of(end_users: "QuerySet[EndUser]") -> None:
        delete_unused_uploads(uploads.filter(created_by_end_user__in=list(end_users.values_list("pk", flat=True))))

    delete_in_batches(EndUser.objects.filter(app=app), before=delete_uploads_of)
    with transaction.atomic():
        _delete_row(app, user)
    for cleanup in cleanups:  # what runs wrote until they heard of it
        cleanup.clean(app.id)


def _switch_off(app: App) -> None:
    locked = lock_app(app.id)
    locked.enable_site = locked.enable_api = False
    locked.published = None
    locked.save(update_fields=["enable_site", "enable_api", "published"])
    notify.send(APP_TOPIC, app.id)


def _delete_row(app: App, user: User | None) -> None:
    icons = {(app.icon_type, app.icon), *Site.objects.filter(app=app).values_list("icon_type", "icon")}
    App.objects.filter(id=app.id).update(draft=None, published=None)
    audit.record(
        workspace=app.workspace, user=user, action="app.delete", object_type="app", object_id=app.id,
        data={"name": app.name, "mode": app.mode},
    )  # fmt: skip
    tags.forget_target(target_id=app.id)
    App.objects.filter(id=app.id).delete()
    for icon_type, icon in icons:
        release_icon(app.workspace, icon_type, icon)
    notify.send(APP_TOPIC, app.id)
