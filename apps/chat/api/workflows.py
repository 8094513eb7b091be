"""Runs of workflow apps (service API 3.3, 3.4)."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.chat.answers import answer
from apps.chat.asking import stop_run
from apps.chat.flow import start_flow
from apps.chat.requests import read_inputs_map, read_streaming
from apps.chat.state import TurnRequest
from apps.common.api import json_response, service_view
from apps.common.encoding import FlowEncoder
from apps.common.errors import BadRequest
from apps.common.ids import parse_uuid
from apps.prompts.api.auth import key_access
from apps.prompts.choices import AppMode
from apps.prompts.errors import NotWorkflowApp
from apps.prompts.runtime import release_by_id


@service_view("POST")
async def run(request: HttpRequest, workflow_id: str = "") -> HttpResponseBase:
    """POST /v1/workflows/run, and /v1/workflows/{workflow_id}/run for a version of its own (service API 3.3)."""
    access, body = await key_access(request)
    app = access.app
    if app.mode != AppMode.WORKFLOW:
        raise NotWorkflowApp
    if workflow_id:
        version_id = parse_uuid(workflow_id)
        if version_id is None:
            raise BadRequest("Invalid workflow_id format.")
        app = await release_by_id(app, version_id)
    turn = TurnRequest(app=app, caller=access.caller, inputs=read_inputs_map(body), files=body.get("files"))
    streaming = read_streaming(body)
    return await answer(await start_flow(turn), streaming=streaming, encoder=FlowEncoder)


@service_view("POST")
async def stop(request: HttpRequest, task_id: str) -> HttpResponseBase:
    """POST /v1/workflows/tasks/{task_id}/stop: always a success."""
    access, _ = await key_access(request)
    if access.app.mode != AppMode.WORKFLOW:
        raise NotWorkflowApp
    await stop_run(access, task_id)
    return json_response({"result": "success"})
