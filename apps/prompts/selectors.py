"""Reads of apps."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from apps.common.errors import InvalidParam, NotFound
from apps.common.ids import parse_uuid
from apps.common.tenancy import get_or_404
from apps.workspaces.models import AuditEvent, TagBinding, User, Workspace
from apps.workspaces.selectors import list_tagged

from .choices import AppMode, AppOrder, TokenKind
from .config import BasicConfig
from .errors import EndUserNotFound, TemplateNotFound
from .models import ApiToken, App, AppTemplate, AppVersion, EndUser, Site
from .shipped import ShippedTemplate, shipped_templates

_ORDERS = {AppOrder.NEWEST: ["-created_at"], AppOrder.CHANGED: ["-updated_at"], AppOrder.NAME: ["name", "-created_at"]}
MAX_NUMBER = 2**31 - 1  # what the column of a version's number holds


def list_apps(
    *,
    workspace: Workspace,
    query: str = "",
    tag_id: UUID | None = None,
    mode: AppMode | None = None,
    created_by: User | None = None,
    order: AppOrder = AppOrder.NEWEST,
) -> "QuerySet[App]":
    """The workspace's apps whose name holds `query`, which bear a tag, are of a mode, were made by somebody."""
    wanted: dict[str, object] = {"workspace": workspace}
    if query:
        wanted["name__icontains"] = query
    if tag_id is not None:
        wanted["id__in"] = list_tagged(workspace=workspace, tag_ids=[tag_id])
    if mode is not None:
        wanted["mode"] = mode
    if created_by is not None:
        wanted["created_by"] = created_by
    return App.objects.filter(**wanted).order_by(*_ORDERS[order])


def get_app(*, workspace: Workspace, app_id: object) -> App:
    """An app of the workspace. Raises NotFound."""
    apps = App.objects.filter(workspace=workspace).select_related("draft", "published", "workspace")
    return get_or_404(apps, str(app_id), "The app does not exist.")


def find_app(app_id: str) -> App:
    """Any app, for operators' commands. Raises NotFound."""
    apps = App.objects.select_related("draft", "published", "workspace")
    return get_or_404(apps, app_id, "The app does not exist.")


def get_public_app(*, workspace_id: UUID, app_id: UUID) -> App:
    """An app with what its public page and its author are called. Raises NotFound."""
    apps = App.objects.filter(workspace_id=workspace_id).select_related("site", "created_by")
    return get_or_404(apps, app_id, "The app does not exist.")


def list_tag_names(*, workspace_id: UUID, app_id: UUID) -> Sequence[str]:
    """The names of an app's tags, in alphabetical order."""
    bindings = TagBinding.objects.filter(tag__workspace_id=workspace_id, target_id=app_id)
    return list(bindings.order_by("tag__name").values_list("tag__name", flat=True))


def get_end_user(*, workspace_id: UUID, app_id: UUID, end_user_id: str) -> EndUser:
    """Somebody who has used the app. Raises EndUserNotFound."""
    id = parse_uuid(end_user_id)
    user = EndUser.objects.filter(workspace_id=workspace_id, app_id=app_id, pk=id).first() if id else None
    if user is None:
        raise EndUserNotFound
    return user


def get_parameters(config: BasicConfig) -> Mapping[str, Any]:
    """What /v1/parameters tells a client about the app's form, switches and limits (service API 6.5)."""
    return {
        **config.features,
        "system_parameters": {
            "image_file_size_limit": settings.UPLOAD_IMAGE_FILE_SIZE_LIMIT,
            "video_file_size_limit": settings.UPLOAD_VIDEO_FILE_SIZE_LIMIT,
            "audio_file_size_limit": settings.UPLOAD_AUDIO_FILE_SIZE_LIMIT,
            "file_size_limit": settings.UPLOAD_FILE_SIZE_LIMIT,
            "workflow_file_upload_limit": settings.WORKFLOW_FILE_UPLOAD_LIMIT,
        },
    }


def get_site(app: App) -> Site:
    """The settings of the app's public page; for an app that has none stored, the defaults."""
    return Site.objects.filter(app=app).first() or Site(app=app)


def list_keys(*, app: App) -> "QuerySet[ApiToken]":
    """The app's API keys, oldest first; of each, no more than its hint can be read."""
    return app.tokens.filter(kind=TokenKind.APP).order_by("created_at")


def list_versions(*, app: App, only_releases: bool = False) -> "QuerySet[AppVersion]":
    """The app's versions, newest first; on demand only those that were published at some time."""
    versions = app.versions.order_by("-number").select_related("created_by")
    return versions.filter(is_release=True) if only_releases else versions


def get_publishing(*, app: App) -> AuditEvent | None:
    """When and by whom the app's published version went live last."""
    if app.published is None:
        return None
    events = AuditEvent.objects.filter(workspace_id=app.workspace_id, action="app.publish", object_id=str(app.pk))
    events = events.filter(data__version=app.published.number).select_related("user")
    return events.order_by("-created_at").first()


def get_version(*, app: App, number: int) -> AppVersion:
    """A version by its number within the app. Raises InvalidParam."""
    version = app.versions.filter(number=number).first()
    if version is None:
        raise InvalidParam(f"The app has no version {number}.", params="number")
    return version


def find_version(*, app: App, number: int) -> AppVersion:
    """The same for pages, which know no parameters. Raises NotFound."""
    version = list_versions(app=app).filter(number=min(number, MAX_NUMBER)).first()
    if version is None:
        raise NotFound("The app has no such version. Drafts are kept for a while, published versions for ever.")
    return version


def list_templates(*, workspace: Workspace) -> list[AppTemplate | ShippedTemplate]:
    """The team's templates, newest first, then those that come with the product, by category and name."""
    return [*AppTemplate.objects.filter(workspace=workspace).order_by("-created_at"), *shipped_templates()]


def get_template(*, workspace: Workspace, template_id: str) -> AppTemplate | ShippedTemplate:
    """A template by the id of one of the team's or the key of a shipped one. Raises TemplateNotFound."""
    shipped = next((template for template in shipped_templates() if template.key == template_id), None)
    own_id = parse_uuid(template_id)
    own = AppTemplate.objects.filter(workspace=workspace, pk=own_id).first() if own_id else None
    found = own or shipped
    if found is None:
        raise TemplateNotFound
    return found
