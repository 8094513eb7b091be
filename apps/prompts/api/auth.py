"""Bearer keys for DRF views; the plain views call `key_access` or `key_reader` themselves."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from apps.common.api import bearer_token, json_body
from apps.common.bodies import request_fields
from apps.prompts.callers import Access, read_caller
from apps.prompts.runtime import DatasetKey, app_of_key, workspace_of_key
from apps.workspaces.models import User

# Admits a request of a plain view that both APIs serve: the access, and the fields the request carries.
Admission: TypeAlias = Callable[[HttpRequest], Awaitable[tuple[Access, Mapping[str, Any]]]]


async def key_access(request: HttpRequest) -> tuple[Access, dict[str, Any]]:
    """The app of a request's key with the user its body names, and that body; raises what reading them raises."""
    app = await app_of_key(bearer_token(request))
    body = json_body(request)
    return Access(app, read_caller(body, app.app_id, api_key_id=app.api_key_id)), body


async def key_reader(request: HttpRequest) -> tuple[Access, Mapping[str, Any]]:
    """As `key_access` for requests of any shape, in which `user` may be missing."""
    app = await app_of_key(bearer_token(request))
    fields = await request_fields(request)
    return Access(app, read_caller(fields, app.app_id, required=False, api_key_id=app.api_key_id)), fields


class AppKeyAuthentication(BaseAuthentication):
    """Sets `request.auth` to the Access of the key's app and of the `user` in query string, body or form."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Access]:
        access, _ = async_to_sync(key_reader)(request._request)
        return AnonymousUser(), access


class DatasetKeyAuthentication(BaseAuthentication):
    """Sets `request.user` to the workspace's owner and `request.auth` to the key."""

    def authenticate(self, request: Request) -> tuple[User, DatasetKey]:
        key = async_to_sync(workspace_of_key)(bearer_token(request._request))
        return User.objects.get(id=key.owner_id), key
