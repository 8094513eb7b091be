"""What a client may ask about an app (service API 1.1, 6.5, 6.6)."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.prompts.callers import Access, Caller
from apps.prompts.runtime import AppRuntime
from apps.prompts.selectors import get_parameters

from .auth import AppKeyAuthentication


class AppView(APIView):
    """A view behind an app key; the browser API serves the same views behind its passports."""

    authentication_classes: Sequence[type[BaseAuthentication]] = [AppKeyAuthentication]

    @property
    def app(self) -> AppRuntime:
        return self._access.app

    @property
    def caller(self) -> Caller:
        return self._access.caller

    @property
    def _access(self) -> Access:
        access = self.request.auth
        assert isinstance(access, Access)
        return access


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
        app = self.app
        return Response({"name": app.name, "description": app.description, "tags": [], "mode": app.mode})
