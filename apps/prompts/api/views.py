"""What a client may ask about an app, and where it leaves files for it (service API 1.1, 5.1, 6.5, 6.6)."""

from collections.abc import Mapping, Sequence
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common.api import base_url
from apps.common.bodies import read_multipart, request_fields
from apps.common.errors import MethodNotAllowed
from apps.files.errors import FilenameMissing, FilePartMissing, TooManyFiles, UnsupportedFileType
from apps.files.kinds import limit_mb
from apps.files.names import extension_of
from apps.files.services.uploads import store_upload
from apps.prompts.callers import Access, Caller
from apps.prompts.runtime import AppRuntime
from apps.prompts.selectors import get_end_user, get_parameters, get_public_app, list_tag_names
from apps.prompts.services.end_users import ensure_end_user
from apps.workspaces.models import Workspace

from .auth import AppKeyAuthentication
from .payloads import end_user_json, site_json, upload_json


class AppView(APIView):
    """A view behind an app key; the browser API serves the same views behind its passports."""

    authentication_classes: Sequence[type[BaseAuthentication]] = [AppKeyAuthentication]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if not hasattr(self, (request.method or "").lower()):
            raise MethodNotAllowed  # before the body is read: it may not be one
        super().initial(request, *args, **kwargs)

    @property
    def app(self) -> AppRuntime:
        return self.access.app

    @property
    def caller(self) -> Caller:
        return self.access.caller

    @property
    def access(self) -> Access:
        access = self.request.auth
        assert isinstance(access, Access)
        return access

    @property
    def fields(self) -> Mapping[str, Any]:
        """What the request carries: query string, JSON object or form."""
        return async_to_sync(request_fields)(self.request._request)

    @property
    def base_url(self) -> str:
        """Scheme and host under which the caller reached this server, for links it is to follow."""
        return base_url(self.request._request)


class WelcomeView(APIView):
    def get(self, request: Request) -> Response:
        return Response(
            {"welcome": f"{settings.PRODUCT_NAME} API", "api_version": "v1", "server_version": settings.VERSION}
        )


class ParametersView(AppView):
    def get(self, request: Request, **kwargs: Any) -> Response:
        return Response(get_parameters(self.app.require_config()))


class InfoView(AppView):
    def get(self, request: Request, **kwargs: Any) -> Response:
        app = get_public_app(workspace_id=self.app.workspace_id, app_id=self.app.app_id)
        tags = list_tag_names(workspace_id=self.app.workspace_id, app_id=self.app.app_id)
        author = app.created_by.name if app.created_by else ""
        about = {"name": app.name, "description": app.description, "tags": tags, "mode": app.mode}
        return Response({**about, "author_name": author})


class MetaView(AppView):
    """The icons of the tools an app uses; apps of these kinds use none."""

    def get(self, request: Request, **kwargs: Any) -> Response:
        return Response({"tool_icons": {}})


class SiteView(AppView):
    def get(self, request: Request, **kwargs: Any) -> Response:
        app = get_public_app(workspace_id=self.app.workspace_id, app_id=self.app.app_id)
        return Response(site_json(app, base_url=self.base_url))


class EndUserView(AppView):
    def get(self, request: Request, end_user_id: str, **kwargs: Any) -> Response:
        user = get_end_user(workspace_id=self.app.workspace_id, app_id=self.app.app_id, end_user_id=end_user_id)
        return Response(end_user_json(user))


class UploadView(AppView):
    def post(self, request: Request, **kwargs: Any) -> Response:
        fields, files = read_multipart(request._request)
        if not files:
            raise FilenameMissing if "file" in fields else FilePartMissing
        if len(files) > 1:
            raise TooManyFiles
        [file] = files
        if not file.content_type:
            raise UnsupportedFileType
        ensure_end_user(workspace_id=self.app.workspace_id, app_id=self.app.app_id, caller=self.caller)
        upload = store_upload(
            workspace=Workspace.objects.get(pk=self.app.workspace_id),
            name=file.name or "",
            data=file,
            mime_type=file.content_type,
            end_user_id=self.caller.end_user_id,
            limit_mb=limit_mb(extension_of(file.name or "")),
        )
        return Response(upload_json(upload, base_url=self.base_url), status=201)
