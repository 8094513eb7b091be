"""From an admitted request's body to a run; the service API and the browser API share it."""

from collections.abc import Mapping
from typing import Any

from apps.common.ids import parse_uuid
from apps.prompts.callers import Access
from apps.prompts.choices import CHAT_FAMILY, AppMode, InvokeFrom
from apps.prompts.errors import AppUnavailable, NotChatApp, NotWorkflowApp
from apps.prompts.runtime import release_by_id

from .chatflow import start_chatflow
from .flow import start_flow
from .requests import read_conversation_id, read_from_node_id, read_inputs_map, read_query
from .runs import Run, request_stop
from .state import TurnRequest
from .turn import start_turn


async def start(request: TurnRequest) -> Run:
    """Starts a run of an app of any mode. Raises what is wrong with the request."""
    if request.app.mode == AppMode.WORKFLOW:
        return await start_flow(request)
    return await (start_chatflow if request.app.mode == AppMode.ADVANCED_CHAT else start_turn)(request)


async def ask_chat(access: Access, body: Mapping[str, Any]) -> Run:
    """A turn of a conversation. Raises NotChatApp, and what reading the body and `start` raise."""
    if access.app.mode not in CHAT_FAMILY:
        raise NotChatApp
    from_node_id = _from_node_id(access, body)
    turn = TurnRequest(
        app=access.app,
        caller=access.caller,
        inputs=read_inputs_map(body),
        query="" if from_node_id and not body.get("query") else read_query(body),
        conversation_id=read_conversation_id(body),
        auto_generate_name=body.get("auto_generate_name") is not False,
        files=body.get("files"),
        from_node_id=from_node_id,
    )
    return await start(turn)


async def ask_completion(access: Access, body: Mapping[str, Any]) -> Run:
    """A generated text. Raises AppUnavailable for other apps, and what reading the body and `start_turn` raise."""
    if access.app.mode != AppMode.COMPLETION:
        raise AppUnavailable
    inputs = read_inputs_map(body)
    query = read_query(body) if body.get("query") else ""
    files = body.get("files")
    return await start_turn(TurnRequest(app=access.app, caller=access.caller, inputs=inputs, query=query, files=files))


async def ask_workflow(access: Access, body: Mapping[str, Any], version_id: str = "") -> Run:
    """A run of a workflow, or of a version of it by id. Raises NotWorkflowApp, and what reading and starting raise."""
    require_workflow(access)
    app = await release_by_id(access.app, version_id) if version_id else access.app
    inputs, from_node_id = read_inputs_map(body), _from_node_id(access, body)
    return await start_flow(TurnRequest(app, access.caller, inputs, files=body.get("files"), from_node_id=from_node_id))


def require_workflow(access: Access) -> None:
    """Raises NotWorkflowApp."""
    if access.app.mode != AppMode.WORKFLOW:
        raise NotWorkflowApp


def _from_node_id(access: Access, body: Mapping[str, Any]) -> str:
    """The node of a draft to begin with; whoever runs what is published begins where it begins."""
    return read_from_node_id(body) if access.caller.invoke_from == InvokeFrom.DEBUGGER else ""


async def stop_run(access: Access, task_id: str) -> None:
    """Stops the caller's own run; any other id is silently nothing."""
    task = parse_uuid(task_id)
    if task is not None:
        await request_stop(task_id=task, caller=access.caller)
