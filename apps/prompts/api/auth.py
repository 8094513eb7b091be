"""Bearer keys for DRF views; the plain run views call `prompts.runtime` themselves."""

from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from apps.common.api import bearer_token
from apps.prompts.runtime import AppRuntime, DatasetKey, app_of_key, workspace_of_key
from apps.workspaces.models import User


class AppKeyAuthentication(BaseAuthentication):
    """Sets `request.auth` to the key's app."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, AppRuntime]:
        app = async_to_sync(app_of_key)(bearer_token(request._request))
        return AnonymousUser(), app


class DatasetKeyAuthentication(BaseAuthentication):
    """Sets `request.user` to the workspace's owner and `request.auth` to the key."""

    def authenticate(self, request: Request) -> tuple[User, DatasetKey]:
        key = async_to_sync(workspace_of_key)(bearer_token(request._request))
        return User.objects.get(id=key.owner_id), key
