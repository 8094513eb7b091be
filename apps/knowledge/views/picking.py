"""Step 1 of adding documents: files, pasted text, items of connected sources."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.common.errors import AppError
from apps.common.ids import parse_uuid
from apps.common.pages import wants_fragment
from apps.common.perloop import run
from apps.common.text import storable
from apps.knowledge.drafts import ITEM, Entry
from apps.knowledge.extraction import accepted_extensions
from apps.knowledge.models import SourceConnection
from apps.knowledge.selectors import get_connection, list_connections
from apps.knowledge.services import intake
from apps.knowledge.services.connections import get_source, open_access
from apps.workspaces.permissions import KNOWLEDGE_BUILDERS, MANAGERS, ConsoleRequest, requires

from ._base import own_base_of
from ._drafts import Work
from .crawling import crawl_context

MAX_TEXT = 500_000


@require_safe
@requires(*KNOWLEDGE_BUILDERS)
def new(request: ConsoleRequest) -> HttpResponse:
    work = Work.of(request)
    connections = [row for row in list_connections(workspace=request.workspace) if row.enabled]
    way = _way(request, connections)
    context = work.context(
        way=way,
        connections=connections,
        connection=next((row for row in connections if str(row.pk) == way), None),
        extensions=sorted(accepted_extensions()),
        file_limit=settings.UPLOAD_FILE_BATCH_LIMIT,
        size_limit_mb=settings.UPLOAD_FILE_SIZE_LIMIT,
        may_connect=request.membership.role in MANAGERS,
        max_text=MAX_TEXT,
        **(crawl_context(work) if way == "website" else {}),
    )
    return render(request, "knowledge/new.html", context)


def _way(request: ConsoleRequest, connections: list[SourceConnection]) -> str:
    """Which source's part of the page is shown."""
    wanted = request.GET.get("from", "")
    known = {"files", "text", "website", *(str(row.pk) for row in connections)}
    return wanted if wanted in known else "files"


@require_safe
@requires(*KNOWLEDGE_BUILDERS)
def add(request: ConsoleRequest, dataset_id: UUID) -> HttpResponse:
    """To the same pages, for a base that is there."""
    dataset = own_base_of(request, dataset_id)
    return redirect(f"{reverse('knowledge:new')}?base={dataset.pk}")


@require_POST
@requires(*KNOWLEDGE_BUILDERS)
def add_files(request: ConsoleRequest) -> HttpResponse:
    """Scripts send one file at a time and get the list; a form without scripts may bring several."""
    work = Work.of(request)
    for file in request.FILES.getlist("file"):
        try:
            work.check_file_room()
            entry = intake.keep_file(workspace=request.workspace, name=file.name or "", data=file, user=request.user)
            work.add(entry)
        except AppError as problem:
            if wants_fragment(request):
                raise
            messages.error(request, f"{file.name}: {problem.message}")
    return _entries(work, "files")


@require_POST
@requires(*KNOWLEDGE_BUILDERS)
def add_text(request: ConsoleRequest) -> HttpResponse:
    work = Work.of(request)
    try:
        work.check_file_room()
        name, text = request.POST.get("name", ""), request.POST.get("text", "")[:MAX_TEXT]
        work.add(intake.keep_text(workspace=request.workspace, name=name or _("Text"), text=text, user=request.user))
    except AppError as problem:
        if wants_fragment(request):
            raise
        messages.error(request, problem.message)
    return _entries(work, "text")


@require_safe
@requires(*KNOWLEDGE_BUILDERS)
def browse(request: ConsoleRequest, connection_id: UUID) -> HttpResponse:
    """Items of a connected source, to be picked."""
    work = Work.of(request)
    connection = get_connection(workspace=request.workspace, connection_id=connection_id)
    source = get_source(connection.source)
    query = storable(request.GET.get("q", "")).strip()[:200]
    context = work.context(connection=connection, query=query)
    try:
        listing = run(source.browse(open_access(source, connection), query, request.GET.get("cursor") or None))
        context |= {"items": listing.items, "cursor": listing.cursor}
    except AppError as problem:
        context["problem"] = problem.message
    return render(request, "knowledge/_items.html", context)


@require_POST
@requires(*KNOWLEDGE_BUILDERS)
def add_items(request: ConsoleRequest, connection_id: UUID) -> HttpResponse:
    """Each value is an item's kind and id; its title comes under the name `title:` and the value."""
    work = Work.of(request)
    connection = get_connection(workspace=request.workspace, connection_id=connection_id)
    known = {entry.about.get("id") for entry in work.draft.entries}
    chosen = [_item(request, connection, value) for value in dict.fromkeys(request.POST.getlist("item"))]
    try:
        work.add(*(entry for entry in chosen if entry.about["id"] not in known))
    except AppError as problem:
        if wants_fragment(request):
            raise
        messages.error(request, problem.message)
    return _entries(work, str(connection.pk))


def _item(request: ConsoleRequest, connection: SourceConnection, value: str) -> Entry:
    kind, _space, id = storable(value)[:4_100].partition(" ")
    title = storable(request.POST.get(f"title:{value}", "")).strip()[:255] or id
    about = {"source": connection.source, "connection": str(connection.pk), "id": id, "kind": kind}
    return Entry(ITEM, title, about)


@require_POST
@requires(*KNOWLEDGE_BUILDERS)
def remove(request: ConsoleRequest) -> HttpResponse:
    work = Work.of(request)
    key = request.POST.get("key", "")
    gone = [entry for entry in work.draft.entries if entry.key == key]
    work.draft.entries = [entry for entry in work.draft.entries if entry.key != key]
    work.save()
    intake.drop(workspace=request.workspace, entries=gone)
    return _entries(work, request.POST.get("from", "files"))


@require_safe
@requires(*KNOWLEDGE_BUILDERS)
def look(request: ConsoleRequest) -> HttpResponse:
    """The text of something picked."""
    work = Work.of(request)
    entry = work.draft.find(request.GET.get("entry", ""))
    context: dict[str, Any] = {"entry": entry}
    if entry is not None:
        try:
            context["look"] = intake.look(workspace=request.workspace, entry=entry)
        except AppError as problem:
            context["problem"] = problem.message
    return render(request, "knowledge/_look.html", context)


def _entries(work: Work, way: str) -> HttpResponse:
    if not wants_fragment(work.request):
        return redirect(work.way_url(way if parse_uuid(way) or way in {"text", "website"} else "files"))
    return render(work.request, "knowledge/_entries.html", work.context(way=way))
