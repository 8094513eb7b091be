"""Reads the body of a run request, with the contract's sentence for each thing that can be wrong in it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from apps.common.errors import InvalidParam
from apps.common.ids import parse_uuid
from apps.common.text import shown, storable, storable_json


def read_inputs_map(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The `inputs` object; null counts as empty."""
    if "inputs" not in body:
        raise InvalidParam("Missing required parameter in the JSON body", params="inputs")
    inputs = body["inputs"]
    if inputs is None:
        return {}
    if not isinstance(inputs, dict):
        raise InvalidParam("inputs must be an object", params="inputs")
    return storable_json(inputs)  # type: ignore[return-value]  # a dict stays a dict


def read_query(body: Mapping[str, Any]) -> str:
    """The question of a chat run."""
    if body.get("query") is None:
        raise InvalidParam("Missing required parameter in the JSON body", params="query")
    if isinstance(body["query"], dict | list):
        raise InvalidParam("query must be a string", params="query")
    query = storable(str(body["query"]))
    if not query.strip():
        raise InvalidParam("query is required")
    return query


def read_streaming(body: Mapping[str, Any]) -> bool:
    """Whether the answer is to be streamed; absent means blocking."""
    mode = body.get("response_mode")
    if mode not in (None, "", "blocking", "streaming"):
        raise InvalidParam(f"{shown(mode)} is not a valid choice", params="response_mode")
    return bool(mode == "streaming")


def read_conversation_id(body: Mapping[str, Any]) -> UUID | None:
    """The conversation to go on with; absent, null and "" begin a new one."""
    value = body.get("conversation_id")
    if value in (None, ""):
        return None
    conversation_id = parse_uuid(value)
    if conversation_id is None:
        raise InvalidParam(f"{shown(value)} is not a valid uuid.", params="conversation_id")
    return conversation_id


def read_from_node_id(body: Mapping[str, Any]) -> str:
    """The node a run of a draft is to begin with; absent, null and "" mean where the flow begins."""
    value = body.get("from_node_id")
    if value in (None, ""):
        return ""
    if not isinstance(value, str):
        raise InvalidParam("from_node_id must be a string", params="from_node_id")
    return value
