"""Pictures as icons: stored as uploads, removed when nothing shows them any more."""

from typing import IO

from django.db import transaction

from apps.common import notify
from apps.common.ids import parse_uuid
from apps.files.errors import UnsupportedFileType
from apps.files.models import UploadFile
from apps.files.services.uploads import delete_uploads, store_upload
from apps.prompts.icons import IMAGE, check_colour, picture_kind
from apps.prompts.models import App, AppTemplate, Site
from apps.prompts.runtime import APP_TOPIC
from apps.workspaces.models import User, Workspace
from apps.workspaces.services import audit

MAX_ICON_MB = 2


def set_icon_picture(*, app: App, data: IO[bytes], background: str | None = None, user: User | None = None) -> None:
    """Makes a picture the app's icon.

    Args:
        data: PNG, JPEG, GIF or WebP, recognised by its bytes, at most 2 MB; SVG can hold script and is refused.
        background: what shows through it, as #rrggbb; None: as it was.

    Raises:
        UnsupportedFileType, PayloadTooLarge, EmptyFile, InvalidParam, StorageUnavailable.
    """
    colour = app.icon_background if background is None else check_colour(background, "icon_background")
    upload = _store_picture(app.workspace, data, user)
    before = (app.icon_type, app.icon)
    with transaction.atomic():
        App.objects.filter(id=app.id).update(icon_type=IMAGE, icon=str(upload.pk), icon_background=colour)
        notify.send(APP_TOPIC, app.id)
        audit.record(workspace=app.workspace, user=user, action="app.icon", object_type="app", object_id=app.id)
        app.refresh_from_db()
        release_icon(app.workspace, *before)


def set_site_picture(*, app: App, data: IO[bytes], user: User | None = None) -> None:
    """Makes a picture the icon of the app's public page; what `data` may be and what is raised: as for the app's."""
    upload = _store_picture(app.workspace, data, user)
    with transaction.atomic():
        site, _ = Site.objects.select_for_update().get_or_create(app=app)
        before = (site.icon_type, site.icon)
        site.icon_type, site.icon = IMAGE, str(upload.pk)
        site.save(update_fields=["icon_type", "icon", "updated_at"])
        notify.send(APP_TOPIC, app.id)
        audit.record(workspace=app.workspace, user=user, action="site.icon", object_type="app", object_id=app.id)
        release_icon(app.workspace, *before)


def is_own_picture(workspace: Workspace, icon: str) -> bool:
    """Whether an icon named in a file is a picture of this workspace; another's must not be shown here."""
    upload_id = parse_uuid(icon)
    pictures = UploadFile.objects.filter(workspace=workspace, name__startswith="icon.", mime_type__startswith="image/")
    return upload_id is not None and pictures.filter(pk=upload_id).exists()


def release_icon(workspace: Workspace, icon_type: str, icon: str) -> None:
    """Removes a picture that neither app, page nor template of the workspace shows any more."""
    upload_id = parse_uuid(icon) if icon_type == IMAGE else None
    if upload_id is None:
        return
    shown = {"icon_type": IMAGE, "icon": icon}
    in_use = (
        App.objects.filter(workspace=workspace, **shown).exists()
        or Site.objects.filter(app__workspace=workspace, **shown).exists()
        or AppTemplate.objects.filter(workspace=workspace, **shown).exists()
    )
    if not in_use:
        delete_uploads(UploadFile.objects.filter(workspace=workspace, pk=upload_id))


def _store_picture(workspace: Workspace, data: IO[bytes], user: User | None) -> UploadFile:
    kind = picture_kind(data.read(12))
    data.seek(0)
    if kind is None:
        raise UnsupportedFileType("The icon must be a PNG, JPEG, GIF or WebP picture.")
    mime_type, extension = kind
    return store_upload(
        workspace=workspace, name=f"icon.{extension}", data=data, mime_type=mime_type, user=user, limit_mb=MAX_ICON_MB
    )
