"""Questions a user might ask next, written by a model after an answer. They never fail: at worst there are none."""

import json
import logging
import re
from collections.abc import Sequence
from contextlib import aclosing
from typing import Final
from uuid import UUID

from apps.common.errors import AppError
from apps.models.contracts import ChatMessage, ChatRequest, TextDelta
from apps.models.services.resolve import resolve_model
from apps.prompts.config import BasicConfig

log = logging.getLogger(__name__)
QUESTIONS: Final = 3
TURNS: Final = 3  # as much of the conversation is shown to the model
_READ_CHARACTERS: Final = 2000  # of each question and answer
_MAX_ANSWER: Final = 4000  # characters; a model that lists three questions needs 300
_MAX_QUESTION: Final = 300
_TRIES: Final = 5  # opening brackets that may begin the list

INSTRUCTIONS: Final = (
    "Read the conversation below and think of the three questions its user would most likely ask next. Write them "
    "in the user's language, at most twenty words each. Answer with a JSON array of three strings and nothing else."
)


async def suggest_questions(
    *, workspace_id: UUID, config: BasicConfig, turns: Sequence[tuple[str, str]]
) -> Sequence[str]:
    """At most three questions; none where the model fails or writes something else.

    Args:
        config: names the model; without one it is the workspace's default.
        turns: questions and answers, oldest first.
    """
    try:
        text = await _written(workspace_id, config, turns)
    except AppError as error:
        log.info("no questions from the model: %s", error.code)
        return ()
    return read_questions(text)


def read_questions(text: str) -> list[str]:
    """The first JSON list of texts in what a model wrote, cut to three."""
    decoder = json.JSONDecoder()
    brackets = [match.start() for match in re.finditer(r"\[", text[:_MAX_ANSWER])]
    for start in brackets[:_TRIES]:
        try:
            entries, _ = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        questions = [question for question in map(_question, entries) if question]
        if questions:
            return questions[:QUESTIONS]
    return []


def _question(entry: object) -> str:
    if isinstance(entry, dict):
        entry = entry.get("question")
    return " ".join(entry.split())[:_MAX_QUESTION] if isinstance(entry, str) else ""


async def _written(workspace_id: UUID, config: BasicConfig, turns: Sequence[tuple[str, str]]) -> str:
    handle = await resolve_model(
        workspace_id=workspace_id,
        model_type="llm",
        provider=config.provider or None,
        name=config.model or None,
        stand_ins=config.stand_ins,
    )
    lines = [f"User: {query[:_READ_CHARACTERS]}\nAssistant: {answer[:_READ_CHARACTERS]}" for query, answer in turns]
    messages = [ChatMessage("system", INSTRUCTIONS), ChatMessage("user", "\n\n".join(lines))]
    pieces: list[str] = []
    length = 0
    async with aclosing(handle.stream_chat(ChatRequest(messages, {"max_tokens": 256, "temperature": 0.3}))) as stream:
        async for piece in stream:
            if isinstance(piece, TextDelta):
                pieces.append(piece.text)
                length += len(piece.text)
            if length > _MAX_ANSWER:
                break
    return "".join(pieces)
