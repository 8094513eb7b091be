"""What a turn came to: its tokens and price, what is told and what is stored."""

import time
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from apps.common.errors import AppError
from apps.common.text import storable
from apps.common.tokens import estimate_tokens
from apps.files.references import FileReference
from apps.logs.choices import MessageStatus
from apps.logs.statements import Ending
from apps.models.contracts import Finish
from apps.prompts.window import answer_tokens

from .citations import as_resources
from .state import TurnState

NOT_SENT = "The model does not look at pictures: this file was not sent."


@dataclass(slots=True)
class Answer:
    """An answer as it comes; times of `perf_counter`."""

    pieces: list[str] = field(default_factory=list)
    length: int = 0
    finish: Finish | None = None
    began_at: float = field(default_factory=time.perf_counter)
    first_at: float | None = None


def reservation(turn: TurnState) -> Decimal:
    """About the most a turn may cost, held against the workspace's budget until its end is written."""
    if turn.handle is None:
        return Decimal(0)
    prices = turn.handle.spec.prices
    asked = estimate_tokens(turn.config.instructions) + estimate_tokens(turn.request.query)
    answer = answer_tokens(turn.config, turn.handle.spec.context_tokens)
    return (asked * prices.prompt + answer * prices.completion) * prices.unit


def outcome(turn: TurnState, answer: Answer, status: MessageStatus, problem: AppError | None) -> Ending:
    """The last write of a turn; its `metadata` is what `message_end` tells."""
    latency_s = time.perf_counter() - answer.began_at
    to_first_s = answer.first_at - answer.began_at if answer.first_at is not None else None
    text = storable("".join(answer.pieces))
    prompt_tokens, completion_tokens = _tokens(turn, answer, text)
    metadata: dict[str, Any] = {}
    total_price, currency = Decimal(0), "USD"
    handle, config = turn.handle, turn.config
    if handle is not None:
        usage = handle.usage(
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            latency_s=latency_s,
            time_to_first_token_s=to_first_s,
        )
        metadata["usage"] = usage.as_metadata()
        total_price, currency = usage.prompt_price + usage.completion_price, usage.prices.currency
    if config.cite_sources and turn.prompt is not None and turn.prompt.passages_used:
        metadata["retriever_resources"] = as_resources(turn.hits[: turn.prompt.passages_used])
    return Ending(
        message_id=turn.envelope.message_id,
        conversation_id=turn.envelope.conversation_id,
        status=status,
        answer=text,
        error_code=problem.code if problem else "",
        error=storable(problem.message) if problem else "",
        prompt=_prompt_log(turn),
        provider=handle.provider if handle else config.provider[:64],
        model=handle.spec.name if handle else config.model[:255],
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        total_price=total_price,
        currency=currency,
        latency_s=latency_s,
        time_to_first_token_s=to_first_s,
        metadata=metadata,
    )


def _tokens(turn: TurnState, answer: Answer, text: str) -> tuple[int, int]:
    """As the provider counted, with what went before; estimated where it did not say or the stream broke off."""
    finish = answer.finish
    prompt = finish.prompt_tokens if finish else None
    completion = finish.completion_tokens if finish else None
    if prompt is None:
        prompt = turn.prompt.tokens if turn.prompt else 0
    if completion is None:
        completion = estimate_tokens(text)
    aside_prompt, aside_completion = turn.aside_tokens
    return prompt + aside_prompt, completion + aside_completion


def _prompt_log(turn: TurnState) -> list[dict[str, Any]]:
    """What was sent, as texts and names of files: no picture is kept twice."""
    if turn.prompt is None:
        return []
    found: list[dict[str, Any]] = [{"role": item.role, "text": item.content} for item in turn.prompt.messages]
    for number, files in turn.prompt.pictures.items():
        found[number]["files"] = [_named(file) for file in files]
    if turn.files and not turn.sees:
        found[-1]["files"] = [{**_named(file), "note": NOT_SENT} for file in turn.files]
    return found


def _named(file: FileReference) -> dict[str, Any]:
    upload_id = str(file.upload_id) if file.upload_id else None
    return {"type": file.type, "name": file.name, "url": file.url, "upload_file_id": upload_id}
