"""Reads of an app's log: conversations of chat apps, single messages of text generators."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.db.models.lookups import IContains
from django.utils.translation import gettext as _

from apps.common.ids import parse_uuid
from apps.common.tenancy import get_or_404
from apps.prompts.choices import CHAT_FAMILY, InvokeFrom
from apps.prompts.models import App, AppVersion, EndUser, end_user_id
from apps.workspaces.models import User

from .choices import FeedbackSource, MessageStatus, Rating
from .log_filter import LogFilter
from .models import Annotation, Conversation, Feedback, Message, MessageFile, WorkflowRun

NO_ENTRY = "There is no such entry in the log."
LONGEST_TITLE = 120
Entries: TypeAlias = "QuerySet[Conversation] | QuerySet[Message]"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list.

    Args:
        who: what the end user is called, or the member's address.
        user_likes, user_dislikes, operator_likes, operator_dislikes: of all its answers.
        failed: how many of its answers failed.
    """

    id: UUID
    title: str
    who: str
    source: str
    created_at: datetime
    updated_at: datetime
    message_count: int
    failed: int
    is_annotated: bool
    user_likes: int = 0
    user_dislikes: int = 0
    operator_likes: int = 0
    operator_dislikes: int = 0


def keeps_conversations(app: App) -> bool:
    """Whether the app's log lists conversations rather than single messages."""
    return app.mode in CHAT_FAMILY


def list_entries(*, app: App, wanted: LogFilter) -> Entries:
    """The entries of an app's log, sorted."""
    return _conversations(app, wanted) if keeps_conversations(app) else _generations(app, wanted)


def list_logged_messages(*, app: App, wanted: LogFilter) -> "QuerySet[Message]":
    """All messages of the entries, oldest first within an entry, the entries in order of their first message."""
    if not keeps_conversations(app):
        return _generations(app, wanted).order_by("created_at", "pk")
    messages = Message.objects.filter(**_of(app), conversation__in=_conversations(app, wanted).order_by())
    return messages.order_by("conversation_id", "created_at", "pk")  # ids grow with time


def get_entry(*, app: App, entry_id: UUID) -> Conversation | Message:
    """An entry by the id of its conversation or, for text generators, of its message. Raises NotFound."""
    if keeps_conversations(app):
        return get_or_404(Conversation.objects.filter(**_of(app)), entry_id, NO_ENTRY)
    return get_or_404(Message.objects.filter(**_of(app), conversation=None), entry_id, NO_ENTRY)


def neighbours(*, app: App, wanted: LogFilter, entry: Conversation | Message) -> tuple[UUID | None, UUID | None]:
    """The entries before and after one in a sorted list; None at its ends."""
    entries = list_entries(app=app, wanted=wanted)
    field = wanted.sort.lstrip("-") if isinstance(entry, Conversation) else "created_at"
    moment = getattr(entry, field)
    sooner = Q(**{f"{field}__lt": moment}) | Q(**{field: moment}, pk__lt=entry.pk)
    later = Q(**{f"{field}__gt": moment}) | Q(**{field: moment}, pk__gt=entry.pk)
    earlier = entries.filter(sooner).order_by(f"-{field}", "-pk").values_list("pk", flat=True).first()
    newer = entries.filter(later).order_by(field, "pk").values_list("pk", flat=True).first()
    return (newer, earlier) if wanted.sort.startswith("-") else (earlier, newer)


def get_logged_message(*, app: App, message_id: UUID) -> Message:
    """Any message of the app, with opinions and improved answer. Raises NotFound."""
    messages = Message.objects.filter(**_of(app)).select_related("annotation").prefetch_related("feedbacks")
    return get_or_404(messages, message_id, NO_ENTRY)


def list_entry_messages(*, entry: Conversation | Message) -> "QuerySet[Message]":
    """What was asked and answered, oldest first, with files, opinions and improved answers."""
    key = {"conversation": entry} if isinstance(entry, Conversation) else {"pk": entry.pk}
    messages = Message.objects.filter(workspace_id=entry.workspace_id, **key)
    files = Prefetch("files", MessageFile.objects.order_by("belongs_to", "position"))
    return messages.select_related("annotation").prefetch_related(files, "feedbacks").order_by("created_at", "pk")


def make_rows(entries: Sequence[Conversation | Message]) -> list[Row]:
    """The lines of a page of entries; the number of queries does not depend on how many there are."""
    names = names_of(entries)
    ids = [entry.pk for entry in entries]
    if entries and isinstance(entries[0], Conversation):
        counts, opinions, annotated = (
            _counts(ids),
            _opinions("conversation_id", ids),
            _annotated("conversation_id", ids),
        )
    else:
        counts, opinions, annotated = {}, _opinions("message_id", ids), _annotated("message_id", ids)
    return [_row(entry, names, counts, opinions, annotated) for entry in entries]


def names_of(entries: Iterable[Conversation | Message]) -> Mapping[UUID, str]:
    """What the end users and members behind entries are called, by their ids."""
    entries = list(entries)
    users = EndUser.objects.in_bulk({entry.end_user_id for entry in entries if entry.end_user_id})
    members = User.objects.in_bulk({entry.account_id for entry in entries if entry.account_id})
    visitor = _("Visitor")
    return {
        **{id: user.name or (visitor if user.is_anonymous else user.session_id) for id, user in users.items()},
        **{id: member.name or member.email for id, member in members.items()},
    }


def who_asked(entry: Conversation | Message, names: Mapping[UUID, str]) -> str:
    """The name of who is behind an entry; empty where they are gone."""
    key = entry.end_user_id or entry.account_id
    return names.get(key, "") if key else ""


def version_numbers(messages: Iterable[Message | WorkflowRun]) -> Mapping[UUID, int]:
    """The numbers of the versions that answered or ran, by their ids; pruned drafts have none."""
    versions = AppVersion.objects.filter(pk__in={message.version_id for message in messages})
    return dict(versions.values_list("pk", "number"))


def _of(app: App) -> dict[str, object]:
    return {"workspace_id": app.workspace_id, "app_id": app.pk}


def _from_source(wanted: LogFilter) -> Q:
    return Q(invoke_from=wanted.source) if wanted.source else ~Q(invoke_from=InvokeFrom.DEBUGGER)


def _conversations(app: App, wanted: LogFilter) -> "QuerySet[Conversation]":
    moment = wanted.sort.lstrip("-")
    found = Conversation.objects.filter(_from_source(wanted), **_of(app))
    if wanted.period.start:
        found = found.filter(**{f"{moment}__gte": wanted.period.start})
    if wanted.annotated:
        has = Exists(Annotation.objects.filter(conversation_id=OuterRef("pk")))
        found = found.filter(has if wanted.annotated == "yes" else ~has)
    if wanted.words:
        # A list of ids, not EXISTS: the app's messages are read once, not once for each conversation.
        said = Message.objects.filter(**_of(app), conversation__isnull=False).filter(_said(wanted.words))
        if wanted.period.start and moment == "created_at":
            said = said.filter(created_at__gte=wanted.period.start)
        by_words = Q(pk__in=said.values("conversation_id")) | Q(name__icontains=wanted.words)
        found = found.filter(by_words | _named(app, wanted.words))
    return found.order_by(wanted.sort, _tie(wanted))


def _generations(app: App, wanted: LogFilter) -> "QuerySet[Message]":
    found = Message.objects.filter(_from_source(wanted), **_of(app), conversation=None)
    if wanted.period.start:
        found = found.filter(created_at__gte=wanted.period.start)
    if wanted.annotated:
        found = found.filter(annotation__isnull=wanted.annotated == "no")
    if wanted.words:
        filled_in = IContains(Cast("inputs", TextField()), wanted.words)
        found = found.filter(_said(wanted.words) | Q(filled_in) | _named(app, wanted.words))
    # An answer is not continued: that it was made is all its activity.
    return found.order_by(wanted.sort.replace("updated_at", "created_at"), _tie(wanted))


def _tie(wanted: LogFilter) -> str:
    return "-pk" if wanted.sort.startswith("-") else "pk"


def _said(words: str) -> Q:
    return Q(query__icontains=words) | Q(answer__icontains=words)


def _named(app: App, words: str) -> Q:
    """Entries of the end user called so, or the entry with this id."""
    users = [end_user_id(app.pk, kind, words) for kind in (InvokeFrom.SERVICE_API, InvokeFrom.WEB_APP)]
    found = Q(end_user_id__in=users)
    entry_id = parse_uuid(words)
    return found | Q(pk=entry_id) if entry_id else found


def _counts(ids: list[UUID]) -> Mapping[UUID, tuple[int, int]]:
    failed = Count("pk", filter=Q(status=MessageStatus.ERROR))
    rows = Message.objects.filter(conversation_id__in=ids).values("conversation_id").annotate(n=Count("pk"), bad=failed)
    return {row["conversation_id"]: (row["n"], row["bad"]) for row in rows}


def _opinions(key: str, ids: list[UUID]) -> Mapping[UUID, Mapping[tuple[str, str], int]]:
    rows = Feedback.objects.filter(**{f"{key}__in": ids}).values(key, "source", "rating").annotate(n=Count("pk"))
    found: dict[UUID, dict[tuple[str, str], int]] = {}
    for row in rows:
        found.setdefault(row[key], {})[row["source"], row["rating"]] = row["n"]
    return found


def _annotated(key: str, ids: list[UUID]) -> frozenset[UUID]:
    return frozenset(Annotation.objects.filter(**{f"{key}__in": ids}).values_list(key, flat=True))


def _row(
    entry: Conversation | Message,
    names: Mapping[UUID, str],
    counts: Mapping[UUID, tuple[int, int]],
    opinions: Mapping[UUID, Mapping[tuple[str, str], int]],
    annotated: frozenset[UUID],
) -> Row:
    own = opinions.get(entry.pk, {})
    if isinstance(entry, Conversation):
        title, updated_at, (count, failed) = entry.name, entry.updated_at, counts.get(entry.pk, (0, 0))
    else:
        title, updated_at = title_of(entry), entry.finished_at or entry.created_at
        count, failed = 1, int(entry.status == MessageStatus.ERROR)
    return Row(
        id=entry.pk,
        title=title,
        who=who_asked(entry, names),
        source=entry.invoke_from,
        created_at=entry.created_at,
        updated_at=updated_at,
        message_count=count,
        failed=failed,
        is_annotated=entry.pk in annotated,
        user_likes=own.get((FeedbackSource.USER, Rating.LIKE), 0),
        user_dislikes=own.get((FeedbackSource.USER, Rating.DISLIKE), 0),
        operator_likes=own.get((FeedbackSource.ADMIN, Rating.LIKE), 0),
        operator_dislikes=own.get((FeedbackSource.ADMIN, Rating.DISLIKE), 0),
    )


def title_of(message: Message) -> str:
    """What a text generator was asked: its question, else the first words of its form."""
    texts = [message.query, *(value for value in message.inputs.values() if isinstance(value, str))]
    title = " ".join(next((text for text in texts if text.strip()), "").split())
    return title[:LONGEST_TITLE] or _("Without a question")
