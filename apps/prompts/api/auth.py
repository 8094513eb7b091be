"""Bearer keys for DRF views; the plain run views call `key_access` themselves."""

from collections.abc import Mapping
from typing import Any

from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from apps.common.api import bearer_token, json_body
from apps.common.errors import InvalidParam
from apps.prompts.callers import Access, read_caller
from apps.prompts.runtime import DatasetKey, app_of_key, workspace_of_key
from apps.workspaces.models import User


async def key_access(request: HttpRequest) -> tuple[Access, dict[str, Any]]:
    """The app of a request's key with the user its body names, and that body; raises what reading them raises."""
    app = await app_of_key(bearer_token(request))
    body = json_body(request)
    return Access(app, read_caller(body, app.app_id)), body


class AppKeyAuthentication(BaseAuthentication):
    """Sets `request.auth` to the Access of the key's app and of the `user` in query string, body or form."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Access]:
        app = async_to_sync(app_of_key)(bearer_token(request._request))
        fields = request.query_params if request.method == "GET" else request.data
        if not isinstance(fields, Mapping):
            raise InvalidParam("The body must be a JSON object.")
        return AnonymousUser(), Access(app, read_caller(fields, app.app_id, required=False))


class DatasetKeyAuthentication(BaseAuthentication):
    """Sets `request.user` to the workspace's owner and `request.auth` to the key."""

    def authenticate(self, request: Request) -> tuple[User, DatasetKey]:
        key = async_to_sync(workspace_of_key)(bearer_token(request._request))
        return User.objects.get(id=key.owner_id), key
