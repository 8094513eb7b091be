"""Runs of workflow apps by their page's visitors (contracts: extensions 5.5)."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.chat.answers import answer
from apps.chat.asking import ask_workflow, require_workflow, stop_run
from apps.chat.replay_flow import attach_flow
from apps.chat.requests import read_streaming
from apps.common.api import json_response, service_view
from apps.webapp.encoding import BrowserFlowEncoder

from .auth import passport_access, passport_reader


@service_view("POST")
async def run(request: HttpRequest) -> HttpResponseBase:
    """POST /api/workflows/run."""
    access, body = await passport_access(request)
    streaming = read_streaming(body)
    return await answer(await ask_workflow(access, body), streaming=streaming, encoder=BrowserFlowEncoder)


@service_view("POST")
async def stop(request: HttpRequest, task_id: str) -> HttpResponseBase:
    """POST /api/workflows/tasks/{task_id}/stop: always a success."""
    access, _ = await passport_access(request)
    require_workflow(access)
    await stop_run(access, task_id)
    return json_response({"result": "success"})


@service_view("GET")
async def events(request: HttpRequest, run_id: str) -> HttpResponseBase:
    """GET /api/workflows/{run_id}/events: the run's events once more, from the first on."""
    access, _ = await passport_reader(request)
    require_workflow(access)
    return await answer(await attach_flow(run_id, access), streaming=True, encoder=BrowserFlowEncoder)
