"""The name of a conversation: the question itself if it is short, else a title the model writes after the answer."""

import logging
from contextlib import aclosing
from uuid import UUID

from apps.common.errors import AppError
from apps.common.text import storable
from apps.logs import writer
from apps.logs.statements import Statement
from apps.models.contracts import ChatMessage, ChatRequest, TextDelta
from apps.models.services.resolve import resolve_model

log = logging.getLogger(__name__)
UNNAMED = "New conversation"
SHORT_QUERY = 40  # characters: such a question is its own best title
MAX_TITLE = 75
READ_QUERY = 2000

INSTRUCTIONS = (
    "Write a title of at most eight words for the conversation that begins with the message below. "
    "Use the message's language. Answer with the title alone, without quotation marks."
)


def initial_name(query: str, *, wanted: bool) -> str:
    """What the conversation is called from its first write on."""
    return _one_line(query) or UNNAMED if wanted and len(query) <= SHORT_QUERY else UNNAMED


async def name_conversation(*, workspace_id: UUID, conversation_id: UUID | None, query: str) -> None:
    """Lets the workspace's default model write the title; without one the question's beginning is it."""
    if conversation_id is None or len(query) <= SHORT_QUERY:
        return
    name = await generated_name(workspace_id=workspace_id, query=query)
    await writer.write((Statement.RENAME, (name, conversation_id)))


async def generated_name(*, workspace_id: UUID, query: str) -> str:
    """A title for the conversation that begins with a question; the question's beginning where no model writes one."""
    try:
        title = await _written_title(workspace_id, query)
    except AppError as error:
        log.info("no title from the model: %s", error.code)
        title = ""
    return title or _one_line(query) or UNNAMED


async def _written_title(workspace_id: UUID, query: str) -> str:
    handle = await resolve_model(workspace_id=workspace_id, model_type="llm")
    messages = [ChatMessage("system", INSTRUCTIONS), ChatMessage("user", query[:READ_QUERY])]
    request = ChatRequest(messages, {"max_tokens": 60, "temperature": 0})
    async with aclosing(handle.stream_chat(request)) as stream:
        pieces = [piece.text async for piece in stream if isinstance(piece, TextDelta)]
    return _one_line("".join(pieces).strip().strip("\"'"))


def _one_line(text: str) -> str:
    return " ".join(storable(text).split())[:MAX_TITLE].rstrip()
