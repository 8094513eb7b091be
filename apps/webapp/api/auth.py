"""Passports for the views that the browser API shares with the service API."""

from collections.abc import Mapping
from typing import Any

from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from apps.common.api import bearer_token, json_body
from apps.common.bodies import request_fields
from apps.prompts.callers import Access
from apps.webapp import passports


async def passport_access(request: HttpRequest) -> tuple[Access, dict[str, Any]]:
    """The app and visitor of a request's passport, and the request's body; raises what reading them raises."""
    access = await passports.read(bearer_token(request))
    return access, json_body(request)


async def passport_reader(request: HttpRequest) -> tuple[Access, Mapping[str, Any]]:
    """As `passport_access` for requests of any shape."""
    return await passports.read(bearer_token(request)), await request_fields(request)


class PassportAuthentication(BaseAuthentication):
    """Sets `request.auth` to the Access of the passport's app and visitor."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Access]:
        return AnonymousUser(), async_to_sync(passports.read)(bearer_token(request._request))
