"""Reads of apps."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from apps.common.ids import parse_uuid
from apps.common.tenancy import get_or_404
from apps.workspaces.models import TagBinding, Workspace

from .config import BasicConfig
from .errors import EndUserNotFound
from .models import App, EndUser


def list_apps(*, workspace: Workspace, query: str = "") -> "QuerySet[App]":
    """The workspace's apps, newest first, whose name holds `query`."""
    apps = App.objects.filter(workspace=workspace).order_by("-created_at")
    return apps.filter(name__icontains=query) if query else apps


def get_app(*, workspace: Workspace, app_id: object) -> App:
    """An app of the workspace. Raises NotFound."""
    apps = App.objects.filter(workspace=workspace).select_related("published", "workspace")
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
