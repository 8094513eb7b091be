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
from apps.models.contracts import Finish, Substitute
from apps.models.reserving import most_usd
from apps.prompts.window import answer_tokens, cost

from .citations import as_resources
from .state import TurnState

NOT_SENT = "The model does not look at pictures: this file was not sent."


@dataclass(slots=True)
class Answer:
    """An answer as it comes; times of `perf_counter`."""

    pieces: list[str] = field(default_factory=list)
    length: int = 0
    finish: Finish | None = None
    substitute: Substitute | None = None
    began_at: float = field(default_factory=time.perf_counter)
    first_at: float | None = None

    @property
    def has_begun(self) -> bool:
        """Whether a piece of it came; before that a provider charges nothing."""
        return self.first_at is not None or self.finish is not None or self.substitute is not None


def reservation(turn: TurnState) -> Decimal:
    """The most a turn may cost, in US dollars: with an estimate of its prompt until that is written."""
    if turn.handle is None:
        return Decimal(0)
    prompt = turn.prompt.tokens if turn.prompt else _expected_tokens(turn)
    answer = answer_tokens(turn.config, turn.handle.spec.context_tokens)
    aside_prompt, aside_completion = turn.aside_tokens
    return most_usd(turn.handle, prompt_tokens=prompt + aside_prompt, answer_tokens=answer + aside_completion)


def _expected_tokens(turn: TurnState) -> int:
    """Of the prompt, without passages and pictures."""
    past = (text for one in turn.history for text in (one.query, one.answer))
    return sum(map(cost, (turn.config.instructions, turn.request.query, *past)))


def outcome(turn: TurnState, answer: Answer, status: MessageStatus, problem: AppError | None) -> Ending:
    """The last write of a turn; its `metadata` is what `message_end` tells."""
    latency_s = time.perf_counter() - answer.began_at
    to_first_s = answer.first_at - answer.began_at if answer.first_at is not None else None
    text = storable("".join(answer.pieces))
    prompt_tokens, completion_tokens = _tokens(turn, answer, text)
    metadata: dict[str, Any] = {}
    total_price, currency = Decimal(0), "USD"
    handle, config = turn.handle, turn.config
    provider, model = _answered_by(turn, answer)
    if handle is not None:
        usage = handle.usage(
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            latency_s=latency_s,
            time_to_first_token_s=to_first_s,
            spec=answer.substitute.spec if answer.substitute else None,
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
        provider=provider,
        model=model,
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        total_price=total_price,
        currency=currency,
        latency_s=latency_s,
        time_to_first_token_s=to_first_s,
        metadata=metadata,
    )


def _answered_by(turn: TurnState, answer: Answer) -> tuple[str, str]:
    """Provider and model: those that answered, else those that were asked."""
    if answer.substitute:
        return answer.substitute.provider, answer.substitute.spec.name
    handle, config = turn.handle, turn.config
    return (handle.provider, handle.spec.name) if handle else (config.provider[:64], config.model[:255])


def _tokens(turn: TurnState, answer: Answer, text: str) -> tuple[int, int]:
    """As the provider counted, with what went before; estimated where it did not say or the stream broke off.

    Where no piece of the answer came, its prompt is not paid for.
    """
    finish = answer.finish
    prompt = finish.prompt_tokens if finish else None
    completion = finish.completion_tokens if finish else None
    if prompt is None:
        prompt = turn.prompt.tokens if turn.prompt and answer.has_begun else 0
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
