"""Automatic filters: a model reads the question and the fields' names and says what documents must be like."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from apps.common.errors import AppError, InvalidParam
from apps.common.text import storable_json
from apps.knowledge.configs import get_config
from apps.knowledge.contracts import Condition, MetadataFilter
from apps.knowledge.filters import OPERATORS, check, parse_filter
from apps.knowledge.selectors import fetch_metadata_fields
from apps.models.contracts import ChatMessage, ChatRequest
from apps.models.handles import ModelHandle

from .searches import QUERY_CHARACTERS
from .short_answers import ShortAnswer

log = logging.getLogger(__name__)
# More than this no prompt needs to hold.
MAX_FIELDS: Final = 100
_MAX_ANSWER: Final = 4_000
_NAME: Final = "filter_documents"

INSTRUCTIONS: Final = (
    "Documents are about to be searched for the answer to the user's message. Find the conditions that the message "
    "itself puts on the documents' fields, such as an author, a year or a kind of document, and call the function "
    "with them. Guess nothing: without such conditions call it with an empty list. Today is {today}; write times as "
    "ISO 8601. If you cannot call functions, answer with the function's JSON arguments and nothing else: "
    '{{"logical_operator": "and", "conditions": [{{"name": "...", "comparison_operator": "...", "value": "..."}}]}}'
    "\n\nFields and their operators:\n{fields}"
)


@dataclass(frozen=True, slots=True)
class FilterChoice:
    """The conditions a model found, and the tokens it took."""

    filters: MetadataFilter | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0


async def choose_filter(
    *, workspace_id: UUID, handle: ModelHandle, dataset_ids: Sequence[UUID], query: str
) -> FilterChoice:
    """What the question says of the documents that answer it.

    Bases without fields cost no call. A model that fails, or conditions that do not suit the fields, filter nothing.
    """
    found = [await get_config(workspace_id=workspace_id, dataset_id=id) for id in dict.fromkeys(dataset_ids)]
    ids = [base.scope.dataset_id for base in found if base is not None]
    fields = _shared(await fetch_metadata_fields(dataset_ids=ids))
    if not fields or not query.strip():
        return FilterChoice()
    request = _request(handle, fields, query)
    answer = ShortAnswer(_MAX_ANSWER)
    filters = None
    try:
        await answer.read(handle, request)
        filters = _filter(answer, fields)
    except AppError as error:
        log.info("no filter was chosen: %s", error.code)
    return FilterChoice(filters, answer.prompt_tokens(request), answer.completion_tokens())


def _shared(fields: Mapping[UUID, Mapping[str, str]]) -> dict[str, str]:
    """The fields of all bases, without those that are of different types in two of them."""
    kinds: dict[str, set[str]] = {}
    for known in fields.values():
        for name, kind in known.items():
            kinds.setdefault(name, set()).add(kind)
    return {name: next(iter(found)) for name, found in list(kinds.items())[:MAX_FIELDS] if len(found) == 1}


def _request(handle: ModelHandle, fields: Mapping[str, str], query: str) -> ChatRequest:
    """A function for models that know them; the shape of its arguments for all."""
    lines = [
        f"{json.dumps(name, ensure_ascii=False)} ({kind}): {', '.join(OPERATORS[kind])}"
        for name, kind in fields.items()
    ]
    instructions = INSTRUCTIONS.format(today=timezone.now().date().isoformat(), fields="\n".join(lines))
    calls = handle.spec.mode == "chat" and "tool-call" in handle.spec.features
    return ChatRequest(
        messages=[ChatMessage("system", instructions), ChatMessage("user", query.strip()[:QUERY_CHARACTERS])],
        parameters={"temperature": 0, "max_tokens": 512},
        tools=[_function(fields)] if calls else (),
    )


def _function(fields: Mapping[str, str]) -> dict[str, Any]:
    operators = sorted({operator for kind in fields.values() for operator in OPERATORS[kind]})
    condition = {
        "type": "object",
        "properties": {
            "name": {"type": "string", "enum": list(fields)},
            "comparison_operator": {"type": "string", "enum": operators},
            "value": {"type": "string", "description": "Several values of in and not in are separated by commas."},
        },
        "required": ["name", "comparison_operator"],
    }
    properties = {
        "logical_operator": {"type": "string", "enum": ["and", "or"]},
        "conditions": {"type": "array", "items": condition},
    }
    return {
        "type": "function",
        "function": {
            "name": _NAME,
            "description": "Keeps the search to the documents that meet these conditions.",
            "parameters": {"type": "object", "properties": properties, "required": ["conditions"]},
        },
    }


def _filter(answer: ShortAnswer, fields: Mapping[str, str]) -> MetadataFilter | None:
    """The conditions that suit the fields. Raises InvalidParam where the answer has another shape."""
    written = answer.calls[0].arguments if answer.calls else answer.text
    try:
        said = json.loads(written[written.find("{") : written.rfind("}") + 1])
    except (ValueError, RecursionError) as error:
        raise InvalidParam("The model's conditions are not JSON.") from error
    filters = parse_filter(storable_json(said))
    if filters is None:
        return None
    suitable = [condition for condition in filters.conditions if _suits(condition, fields)]
    return MetadataFilter(suitable, filters.meets_any) if suitable else None


def _suits(condition: Condition, fields: Mapping[str, str]) -> bool:
    try:
        check(condition, fields)
    except InvalidParam:
        return False
    return True
