"""What a client may ask about an app (service API 1.1, 6.5, 6.6)."""

from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.prompts.runtime import AppRuntime
from apps.prompts.selectors import get_parameters

from .auth import AppKeyAuthentication


class AppView(APIView):
    """A view behind an app key; `request.auth` is the app."""

    authentication_classes = [AppKeyAuthentication]

    @property
    def app(self) -> AppRuntime:
        app = self.request.auth
        assert isinstance(app, AppRuntime)
        return app


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
