"""The list of an app's conversations or generations, and one of them in full."""

from collections.abc import Mapping
from typing import cast
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.common.pages import render_part
from apps.logs.details import describe
from apps.logs.entries import (
    get_entry,
    keeps_conversations,
    list_entries,
    list_entry_messages,
    make_rows,
    names_of,
    neighbours,
    title_of,
    who_asked,
)
from apps.logs.log_filter import ANNOTATED, SORTS, SOURCES, LogFilter, read_filter
from apps.logs.models import Conversation, Message
from apps.logs.periods import LABELS
from apps.prompts.selectors import get_app
from apps.workspaces.permissions import BUILDERS, ConsoleRequest, requires

ENTRIES_PER_PAGE = 25
MESSAGES_PER_PAGE = 50


@require_safe
@requires(*BUILDERS)
def log_list(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    app = get_app(workspace=request.workspace, app_id=app_id)
    wanted = read_filter(request.GET.dict())
    page = Paginator(list_entries(app=app, wanted=wanted), ENTRIES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "app": app,
        "page": page,
        "rows": make_rows(cast(list[Conversation | Message], list(page))),  # the paginator is typed as of any model
        "wanted": wanted,
        "filters": _filters(wanted),
        "is_filtered": bool(wanted.words or wanted.annotated or wanted.source or wanted.period.start),
        "holds_conversations": keeps_conversations(app),
        "sources": {key: _(label) for key, label in SOURCES.items()},
        "kept": _kept(request),
    }
    return render_part(request, "logs/list.html", "logs/_results.html", context)


@require_safe
@requires(*BUILDERS)
def entry(request: ConsoleRequest, app_id: UUID, entry_id: UUID) -> HttpResponse:
    app = get_app(workspace=request.workspace, app_id=app_id)
    found = get_entry(app=app, entry_id=entry_id)
    messages = Paginator(list_entry_messages(entry=found), MESSAGES_PER_PAGE).get_page(request.GET.get("page"))
    previous_id, next_id = neighbours(app=app, wanted=read_filter(request.GET.dict()), entry=found)
    context = {
        "app": app,
        "entry": found,
        "previous_id": previous_id,
        "next_id": next_id,
        "title": found.name if isinstance(found, Conversation) else title_of(found),
        "who": who_asked(found, names_of([found])),
        "source": _(SOURCES.get(found.invoke_from, found.invoke_from)),
        "details": describe(list(messages), base_url=request.build_absolute_uri("/").rstrip("/")),
        "page": messages,
        "kept": _kept(request),
    }
    return render_part(request, "logs/entry.html", "logs/_entry.html", context)


def _filters(wanted: LogFilter) -> list[tuple[str, str, str, list[tuple[str, str]]]]:
    """The selects above the list: name, label, value, choices."""
    return [
        ("period", _("Period"), wanted.period.key, _choices(LABELS)),
        ("annotated", _("Improved answers"), wanted.annotated, _choices(ANNOTATED)),
        ("source", _("Where from"), wanted.source, _choices(SOURCES)),
        ("sort", _("Order"), wanted.sort, _choices(SORTS)),
    ]


def _choices(labels: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(key, _(label)) for key, label in labels.items()]


def _kept(request: HttpRequest) -> str:
    """The filters as a query string, for links from here to an export or back to the list."""
    query = request.GET.copy()
    query.pop("page", None)
    return query.urlencode()
