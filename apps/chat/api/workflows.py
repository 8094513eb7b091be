"""Runs of workflow apps (service API 3.3, 3.4)."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.chat.answers import answer
from apps.chat.asking import ask_workflow, require_workflow, stop_run
from apps.chat.replay_flow import attach_flow
from apps.chat.requests import read_streaming
from apps.common.api import json_response, service_view
from apps.common.encoding import EventEncoder, FlowEncoder
from apps.prompts.api.auth import key_access, key_reader
from apps.prompts.choices import FLOW_MODES
from apps.prompts.errors import NotWorkflowApp


@service_view("POST")
async def run(request: HttpRequest, workflow_id: str = "") -> HttpResponseBase:
    """POST /v1/workflows/run, and /v1/workflows/{workflow_id}/run for a version of its own (service API 3.3)."""
    access, body = await key_access(request)
    streaming = read_streaming(body)
    return await answer(await ask_workflow(access, body, workflow_id), streaming=streaming, encoder=FlowEncoder)


@service_view("POST")
async def stop(request: HttpRequest, task_id: str) -> HttpResponseBase:
    """POST /v1/workflows/tasks/{task_id}/stop: always a success."""
    access, _ = await key_access(request)
    require_workflow(access)
    await stop_run(access, task_id)
    return json_response({"result": "success"})


@service_view("GET")
async def events(request: HttpRequest, run_id: str) -> HttpResponseBase:
    """GET /v1/workflow/{run_id}/events: the events of a run from the first on (service API 6.8)."""
    access, _ = await key_reader(request)
    if access.app.mode not in FLOW_MODES:
        raise NotWorkflowApp
    run = await attach_flow(run_id, access)
    encoder = EventEncoder if run.envelope.conversation_id else FlowEncoder
    return await answer(run, streaming=True, encoder=encoder)
