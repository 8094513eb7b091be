"""Runs of workflow apps by their page's visitors (contracts: extensions 5.5)."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.chat.answers import answer
from apps.chat.asking import stop_run
from apps.chat.flow import start_flow
from apps.chat.replay_flow import attach_flow
from apps.chat.requests import read_inputs_map, read_streaming
from apps.chat.state import TurnRequest
from apps.common.api import json_response, service_view
from apps.common.errors import NotFound
from apps.common.ids import parse_uuid
from apps.prompts.callers import Access
from apps.prompts.choices import AppMode
from apps.prompts.errors import NotWorkflowApp
from apps.webapp.encoding import BrowserFlowEncoder

from .auth import passport_access, passport_reader


@service_view("POST")
async def run(request: HttpRequest) -> HttpResponseBase:
    """POST /api/workflows/run."""
    access, body = await passport_access(request)
    _require_workflow(access)
    turn = TurnRequest(app=access.app, caller=access.caller, inputs=read_inputs_map(body), files=body.get("files"))
    streaming = read_streaming(body)
    return await answer(await start_flow(turn), streaming=streaming, encoder=BrowserFlowEncoder)


@service_view("POST")
async def stop(request: HttpRequest, task_id: str) -> HttpResponseBase:
    """POST /api/workflows/tasks/{task_id}/stop: always a success."""
    access, _ = await passport_access(request)
    _require_workflow(access)
    await stop_run(access, task_id)
    return json_response({"result": "success"})


@service_view("GET")
async def events(request: HttpRequest, run_id: str) -> HttpResponseBase:
    """GET /api/workflows/{run_id}/events: the run's events once more, from the first on."""
    access, _ = await passport_reader(request)
    _require_workflow(access)
    found = parse_uuid(run_id)
    if found is None:
        raise NotFound("Workflow run not found.")
    return await answer(await attach_flow(found, access), streaming=True, encoder=BrowserFlowEncoder)


def _require_workflow(access: Access) -> None:
    if access.app.mode != AppMode.WORKFLOW:
        raise NotWorkflowApp
