"""Runs of workflow apps: what callers are told who start or stop one (service API 3.3, 3.4)."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.chat.asking import stop_run
from apps.chat.errors import flow_refusal
from apps.chat.requests import read_inputs_map, read_streaming
from apps.common.api import json_response, service_view
from apps.prompts.api.auth import key_access
from apps.prompts.choices import AppMode
from apps.prompts.errors import NotWorkflowApp


@service_view("POST")
async def run(request: HttpRequest) -> HttpResponseBase:
    """POST /v1/workflows/run: this version runs no workflows, and says so."""
    access, body = await key_access(request)
    if access.app.mode != AppMode.WORKFLOW:
        raise NotWorkflowApp
    read_inputs_map(body)
    read_streaming(body)
    raise flow_refusal(access.app)


@service_view("POST")
async def stop(request: HttpRequest, task_id: str) -> HttpResponseBase:
    """POST /v1/workflows/tasks/{task_id}/stop: always a success."""
    access, _ = await key_access(request)
    if access.app.mode != AppMode.WORKFLOW:
        raise NotWorkflowApp
    await stop_run(access, task_id)
    return json_response({"result": "success"})
