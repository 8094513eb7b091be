"""What the operators' system page says: parts, queues, failures, versions, room, and the settings in force."""

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.db.models import Count, Model, Q, QuerySet
from django.urls import reverse

from apps.knowledge.choices import UNFINISHED, CrawlStatus, IndexingStatus
from apps.knowledge.models import Crawl, Document, IndexChange
from apps.knowledge.services.job_control import retry_document
from apps.knowledge.services.job_retry import retry_change, retry_crawl
from apps.logs.choices import MessageStatus
from apps.logs.models import Message
from apps.workspaces.models import User

from .supervisor.variables import USED

SHOWN_FAILURES: Final = 20
_SECRET_NAMES: Final = ("KEY", "SECRET", "PASSWORD", "TOKEN")
_MASK: Final = "••••••"
_UNIT: Final = 1024.0


@dataclass(frozen=True, slots=True)
class Queue:
    """How much of one kind of work there is.

    Args:
        url: the admin's list of its rows.
    """

    label: str
    waiting: int
    working: int
    failed: int
    url: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Work that was given up.

    Args:
        kind: a key of RETRIES.
    """

    kind: str
    label: str
    id: str
    name: str
    reason: str
    url: str


@dataclass(frozen=True, slots=True)
class Setting:
    """A variable with what may be shown of its value.

    Args:
        is_set: by the environment or a file; else the default holds.
    """

    name: str
    value: str
    meaning: str
    is_set: bool


def queues() -> list[Queue]:
    """Lengths of the queues, by the rows that are the jobs."""
    return [
        _documents(),
        _leased("Index changes", IndexChange.objects.all(), "error__isnull"),
        _crawls(),
        _runs(),
    ]


def failures() -> list[Failure]:
    """The latest of each kind, at most SHOWN_FAILURES each, that `RETRIES` begins again."""
    limit = SHOWN_FAILURES
    documents = _failed_documents().select_related("dataset").order_by("-updated_at")[:limit]
    changes = IndexChange.objects.filter(error__isnull=False).select_related("dataset").order_by("-created_at")[:limit]
    crawls = Crawl.objects.filter(status=CrawlStatus.FAILED).order_by("-created_at")[:limit]
    return [
        *(_failure("document", "Document", row, f"{row.name} ({row.dataset.name})", row.error) for row in documents),
        *(_failure("change", "Index change", row, row.dataset.name, row.error) for row in changes),
        *(_failure("crawl", "Crawl", row, row.url, row.error) for row in crawls),
    ]


# How work of a kind is found among what failed, and begun again.
RETRIES: Final[Mapping[str, tuple[type[Model], Callable[[Any, User], object]]]] = {
    "document": (Document, lambda row, user: retry_document(document=row, user=user)),
    "change": (IndexChange, lambda row, user: retry_change(change=row, user=user)),
    "crawl": (Crawl, lambda row, user: retry_crawl(crawl=row, user=user)),
}


def storage() -> list[tuple[str, str]]:
    """Room on the disk and what the database and its largest tables take."""
    disk = shutil.disk_usage(settings.STORAGE_LOCAL_PATH)
    with connection.cursor() as cursor:
        cursor.execute("select pg_database_size(current_database())")
        [database] = cursor.fetchone()
        cursor.execute(
            "select relname, pg_total_relation_size(oid) from pg_class where relkind = 'r'"
            " and relnamespace = 'public'::regnamespace order by 2 desc limit 5"
        )
        tables = cursor.fetchall()
    return [
        ("Storage folder's disk: free", f"{_bytes(disk.free)} of {_bytes(disk.total)}"),
        ("Database", _bytes(database)),
        *((f"Table {name}", _bytes(size)) for name, size in tables),
    ]


def settings_in_force(environment: Mapping[str, str] | None = None) -> list[tuple[str, list[Setting]]]:
    """Every variable that is read, by section; what is secret is not shown, and of addresses no password is."""
    found = os.environ if environment is None else environment
    return [
        (section, [_setting(used.name, used.default, used.meaning, found) for used in variables])
        for section, variables in USED.items()
    ]


def _setting(name: str, default: str, meaning: str, environment: Mapping[str, str]) -> Setting:
    if given := environment.get(name):
        return Setting(name, shown(name, given), meaning, is_set=True)
    if environment.get(f"{name}_FILE"):
        return Setting(name, "from a file", meaning, is_set=True)
    return Setting(name, default, meaning, is_set=False)


def shown(name: str, value: str) -> str:
    """What may be shown of a variable's value."""
    if any(word in name.split("_") for word in _SECRET_NAMES):
        return _MASK
    if "://" not in value:
        return value
    parts = urlsplit(value)
    # An address may hold a password, before the host or among its parameters.
    host = parts.netloc.rpartition("@")[2]
    hidden = f"{_MASK}@" if "@" in parts.netloc else ""
    return f"{parts.scheme}://{hidden}{host}{parts.path}{f'?{_MASK}' if parts.query else ''}"


def _failed_documents() -> "QuerySet[Document]":
    return Document.objects.filter(indexing_status=IndexingStatus.ERROR, archived=False)


def _documents() -> Queue:
    waiting = Q(indexing_status__in=UNFINISHED)
    counted = Document.objects.filter(waiting | Q(indexing_status=IndexingStatus.ERROR, archived=False)).aggregate(
        waiting=Count("pk", filter=waiting & Q(lease_owner=None)),
        working=Count("pk", filter=waiting & ~Q(lease_owner=None)),
        failed=Count("pk", filter=Q(indexing_status=IndexingStatus.ERROR)),
    )
    return Queue("Documents", url=_list_of(Document), **counted)


def _leased(label: str, rows: "QuerySet[Any]", healthy: str) -> Queue:
    counted = rows.aggregate(
        waiting=Count("pk", filter=Q(**{healthy: True}, lease_owner=None)),
        working=Count("pk", filter=Q(**{healthy: True}) & ~Q(lease_owner=None)),
        failed=Count("pk", filter=Q(**{healthy: False})),
    )
    return Queue(label, url=_list_of(rows.model), **counted)


def _crawls() -> Queue:
    under_way = Crawl.objects.filter(status__in=[CrawlStatus.RUNNING, CrawlStatus.FAILED])
    return _leased("Crawls", under_way, "error__isnull")


def _runs() -> Queue:
    """A run is never waiting: its process has it from the first moment."""
    working = Message.objects.filter(status=MessageStatus.RUNNING).count()
    return Queue("Runs", 0, working, 0, _list_of(Message))


def _failure(kind: str, label: str, row: Model, name: str, reason: str | None) -> Failure:
    options = row._meta
    url = reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[row.pk])
    return Failure(kind, label, str(row.pk), name, reason or "", url)


def _list_of(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def _bytes(size: float) -> str:
    for unit in ("bytes", "KB", "MB", "GB"):
        if size < _UNIT:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= _UNIT
    return f"{size:.1f} TB"
