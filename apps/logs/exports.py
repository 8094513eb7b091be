"""An app's log as files: a table of all messages, and examples that models are fine-tuned with."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from .choices import FeedbackSource, MessageStatus, Rating
from .entries import names_of, version_numbers, who_asked
from .models import Feedback, Message

BATCH: Final = 500  # messages read at a time
BOM: Final = "\ufeff"  # without it, spreadsheets take UTF-8 for something else
# A cell that begins so is run as a formula by spreadsheets (OWASP, "CSV Injection").
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class _Context:
    """What a batch of messages refers to."""

    names: Mapping[UUID, str]
    versions: Mapping[UUID, int]


_Cell = Callable[[Message, _Context], object]


def _opinion(source: FeedbackSource, field: str) -> _Cell:
    def read(message: Message, context: _Context) -> object:
        return next((getattr(item, field) for item in message.feedbacks.all() if item.source == source), "")

    return read


# Names of columns are the same in every language: programs read them.
COLUMNS: Final[Mapping[str, _Cell]] = {
    "time": lambda message, _: timezone.localtime(message.created_at).isoformat(timespec="seconds"),
    "conversation_id": lambda message, _: message.conversation_id or "",
    "conversation": lambda message, _: message.conversation.name if message.conversation else "",
    "message_id": lambda message, _: message.pk,
    "source": lambda message, _: message.invoke_from,
    "user": lambda message, context: who_asked(message, context.names),
    "inputs": lambda message, _: json.dumps(message.inputs, ensure_ascii=False) if message.inputs else "",
    "question": lambda message, _: message.query,
    "answer": lambda message, _: message.answer,
    "improved_answer": lambda message, _: improved_answer(message),
    "user_rating": _opinion(FeedbackSource.USER, "rating"),
    "user_comment": _opinion(FeedbackSource.USER, "content"),
    "operator_rating": _opinion(FeedbackSource.ADMIN, "rating"),
    "status": lambda message, _: message.status,
    "error": lambda message, _: message.error,
    "version": lambda message, context: context.versions.get(message.version_id, ""),
    "provider": lambda message, _: message.provider,
    "model": lambda message, _: message.model,
    "prompt_tokens": lambda message, _: message.prompt_tokens,
    "completion_tokens": lambda message, _: message.completion_tokens,
    "price": lambda message, _: f"{message.total_price:f}",
    "currency": lambda message, _: message.currency,
    "latency_s": lambda message, _: round(message.latency_s, 3),
    "time_to_first_token_s": lambda message, _: _seconds(message.time_to_first_token_s),
}


def csv_lines(batches: Iterable[Sequence[Message]]) -> Iterator[str]:
    """A CSV file (RFC 4180, with a byte order mark): a heading, then one piece for each batch."""
    yield BOM + _table([list(COLUMNS)])
    for batch in batches:
        context = _Context(names_of(batch), version_numbers(batch))
        yield _table([[_safe(cell(message, context)) for cell in COLUMNS.values()] for message in batch])


def jsonl_lines(batches: Iterable[Sequence[Message]]) -> Iterator[str]:
    """Examples in OpenAI's chat format, one a line: what was sent to the model, and the best answer known.

    Source: https://platform.openai.com/docs/guides/supervised-fine-tuning (2026-11): an object with `messages`, the
    last of them the assistant's.
    """
    for batch in batches:
        yield "".join(json.dumps(example(message), ensure_ascii=False) + "\n" for message in batch)


def example(message: Message) -> Mapping[str, Any]:
    """One fine-tuning example; the improved answer wins over the given one."""
    sent = [{"role": item["role"], "content": item["text"]} for item in message.prompt if item.get("text")]
    asked = sent or [{"role": "user", "content": message.query}]
    return {"messages": [*asked, {"role": "assistant", "content": improved_answer(message) or message.answer}]}


def teachable(messages: "QuerySet[Message]", *, only: str) -> "QuerySet[Message]":
    """The messages a model can learn from.

    Args:
        only: "good": improved by a member, or liked by user or operator and disliked by neither; "annotated":
            improved; anything else: all that were answered in full.
    """
    # Improved ones of any kind; of the others only whole answers to a question.
    answered = Q(status=MessageStatus.NORMAL) & ~Q(answer="")
    messages = messages.filter(Q(annotation__isnull=False) | answered).exclude(query="", prompt=[])
    if only == "annotated":
        return messages.filter(annotation__isnull=False)
    if only != "good":
        return messages
    rated = Feedback.objects.values("message_id")
    liked, disliked = rated.filter(rating=Rating.LIKE), rated.filter(rating=Rating.DISLIKE)
    return messages.filter(Q(annotation__isnull=False) | Q(pk__in=liked) & ~Q(pk__in=disliked))


def batches_of(messages: "QuerySet[Message]") -> Iterator[list[Message]]:
    """The messages in order, some hundred at a time: ids are read once, so that new rows do not shift the rest."""
    ids = list(messages.values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        rows = Message.objects.select_related("annotation", "conversation").prefetch_related("feedbacks")
        found = rows.in_bulk(some)
        yield [found[id] for id in some if id in found]


def improved_answer(message: Message) -> str:
    """What a member wrote in its place; empty where nobody did."""
    annotation = getattr(message, "annotation", None)
    return annotation.answer if annotation else ""


def _seconds(value: float | None) -> float | str:
    return "" if value is None else round(value, 3)


def _safe(value: object) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _table(rows: Sequence[Sequence[object]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue()
