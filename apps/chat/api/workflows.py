"""Runs of workflow apps: what callers with another app's key are told (service API 3.3)."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.common.api import service_view
from apps.prompts.api.auth import key_access
from apps.prompts.choices import AppMode
from apps.prompts.errors import AppUnavailable, NotWorkflowApp


@service_view("POST")
async def run(request: HttpRequest) -> HttpResponseBase:
    """POST /v1/workflows/run: this version runs no workflows, and says so."""
    access, _ = await key_access(request)
    if access.app.mode != AppMode.WORKFLOW:
        raise NotWorkflowApp
    raise AppUnavailable
