"""The documents of a base: the list and how far each is, and what is done with one or many of them."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import F, QuerySet
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from apps.common.errors import AppError, InvalidParam, NotFound
from apps.common.ids import parse_uuid
from apps.common.pages import render_part, say, wants_fragment
from apps.common.text import storable
from apps.files.archives import zip_response
from apps.files.links import file_url
from apps.knowledge.choices import UNFINISHED
from apps.knowledge.models import Dataset, Document
from apps.knowledge.selectors import get_upload, list_documents, list_documents_by_id, with_metadata
from apps.knowledge.services.documents import delete_document
from apps.knowledge.services.job_control import ACTIONS as JOB_ACTIONS
from apps.knowledge.services.sync import request_sync
from apps.knowledge.services.updates import set_documents_status
from apps.workspaces.models import User
from apps.workspaces.permissions import KNOWLEDGE_BUILDERS, ConsoleRequest, requires

from ._base import own_base_of
from ._documents import document_of

PER_PAGE: Final = 25
MAX_CHOSEN: Final = 100
STATUSES: Final = {
    "available": gettext_lazy("Available"),
    "queuing": gettext_lazy("Waiting"),
    "indexing": gettext_lazy("Being indexed"),
    "paused": gettext_lazy("Paused"),
    "error": gettext_lazy("Error"),
    "disabled": gettext_lazy("Off"),
    "archived": gettext_lazy("Archived"),
}
# Columns a list can be sorted by, and what each means to the database.
SORTS: Final = {
    "name": "name",
    "words": "word_count",
    "segments": "segment_count",
    "hits": "hit_count",
    "added": "created_at",
}
# What can be done with several: action, icon and label.
BULK: Final = (
    ("enable", "eye", gettext_lazy("Switch on")),
    ("disable", "eye-off", gettext_lazy("Switch off")),
    ("archive", "archive", gettext_lazy("Archive")),
    ("un_archive", "archive-restore", gettext_lazy("Un-archive")),
    ("retry", "rotate-cw", gettext_lazy("Try again")),
)
_STATUS_ACTIONS: Final = ("enable", "disable", "archive", "un_archive")


@require_safe
@requires(*KNOWLEDGE_BUILDERS)
def document_list(request: ConsoleRequest, dataset_id: UUID) -> HttpResponse:
    dataset = own_base_of(request, dataset_id)
    context = _list_context(dataset, request.GET)
    return render_part(request, "knowledge/documents.html", "knowledge/_documents.html", context)


@require_safe
@requires(*KNOWLEDGE_BUILDERS)
def progress(request: ConsoleRequest, dataset_id: UUID) -> HttpResponse:
    """What has changed of the documents a page shows as unfinished; each is named with what the page knows of it."""
    dataset = own_base_of(request, dataset_id)
    known = dict(entry.rpartition("~")[::2] for entry in request.GET.getlist("known")[:PER_PAGE])
    ids = [id for text in known if (id := parse_uuid(text))]
    documents = list(list_documents(dataset=dataset).filter(pk__in=ids))
    context = {
        "dataset": dataset,
        "changed": [document for document in documents if stamp(document) != known[str(document.pk)]],
        "watched": watched(documents),
        "statuses": STATUSES,
    }
    return render(request, "knowledge/_progress.html", context)


@require_POST
@requires(*KNOWLEDGE_BUILDERS)
def act(request: ConsoleRequest, dataset_id: UUID) -> HttpResponseBase:
    """One action on the documents chosen, or by `only` on a single one."""
    dataset = own_base_of(request, dataset_id)
    action, ids = _wanted(request.POST)
    documents = list_documents_by_id(dataset=dataset, document_ids=ids)
    if action == "download":
        return zip_response([get_upload(document=document) for document in documents], name=dataset.name)
    problem = ""
    try:
        _apply(action, dataset, documents, request.user)
    except NotFound:
        raise
    except AppError as refusal:
        problem = refusal.message
    if not wants_fragment(request):
        return HttpResponseRedirect(
            f"{reverse('knowledge:documents', args=[dataset_id])}?{request.POST.get('back', '')}"
        )
    response = render(request, "knowledge/_documents.html", _list_context(dataset, QueryDict(request.POST.get("back"))))
    say(response, problem or _said(action, len(documents)), kind="bad" if problem else "ok")
    return response


@require_safe
@requires(*KNOWLEDGE_BUILDERS)
def download(request: ConsoleRequest, dataset_id: UUID, document_id: UUID) -> HttpResponse:
    upload = get_upload(document=document_of(request, dataset_id, document_id))
    return HttpResponseRedirect(f"{file_url(upload.pk)}&as_attachment=true")


def stamp(document: Document) -> str:
    """What a page knows of a document's indexing; another stamp means there is something to show."""
    retry = int(document.retry_at.timestamp()) if document.retry_at else 0
    return f"{document.indexing_status}.{document.completed_segments}.{document.segment_count}.{retry}"


def watched(documents: Sequence[Document]) -> list[str]:
    """Those that may change by themselves, as the address of `progress` takes them."""
    return [f"{document.pk}~{stamp(document)}" for document in documents if document.indexing_status in UNFINISHED]


def _list_context(dataset: Dataset, query: QueryDict) -> dict[str, Any]:
    filters = _filters(query)
    page = Paginator(_listed(dataset, filters), PER_PAGE).get_page(query.get("page"))
    documents = list(page)
    fields = list(dataset.metadata_fields.all())
    return {
        "dataset": dataset,
        "page": page,
        "documents": documents,
        "watched": watched(documents),
        "statuses": STATUSES,
        "fields": fields,
        "filters": filters,
        "is_filtered": any(filters[name] for name in ("q", "status", "field")),
        "back": urlencode({**{name: value for name, value in filters.items() if value}, "page": page.number}),
        "query": urlencode({name: value for name, value in filters.items() if value}),
        "bulk_actions": BULK,
        "columns": [(name, *_sorting(name, filters)) for name in SORTS],
    }


def _filters(query: QueryDict) -> dict[str, str]:
    given = {name: storable(query.get(name, "")).strip()[:200] for name in ("q", "status", "field", "value", "sort")}
    if given["status"] not in STATUSES:
        given["status"] = ""
    if given["sort"].removeprefix("-") not in SORTS:
        given["sort"] = ""
    return given


def _listed(dataset: Dataset, filters: dict[str, str]) -> "QuerySet[Document]":
    documents = list_documents(dataset=dataset, keyword=filters["q"], status=filters["status"])
    documents = documents.select_related("upload_file")
    field = next((field for field in dataset.metadata_fields.all() if str(field.pk) == filters["field"]), None)
    if field is not None:
        documents = with_metadata(documents, field=field, value=filters["value"])
    sort = filters["sort"]
    if not sort:
        return documents
    column = F(SORTS[sort.removeprefix("-")])
    return documents.order_by(column.desc() if sort.startswith("-") else column.asc(), "-created_at", "pk")


def _sorting(name: str, filters: dict[str, str]) -> tuple[str, str]:
    """The query that sorts by a column, the other way round where it sorts already; and `aria-sort`."""
    sort = filters["sort"] or "-added"
    kept = {key: value for key, value in filters.items() if value and key != "sort"}
    if sort == name:
        return urlencode({**kept, "sort": f"-{name}"}), "ascending"
    first = name if name == "name" or sort == f"-{name}" else f"-{name}"
    return urlencode({**kept, "sort": first}), "descending" if sort == f"-{name}" else ""


def _wanted(fields: QueryDict) -> tuple[str, list[str]]:
    if only := fields.get("only"):
        action, _space, id = only.partition(" ")
        return action, [id]
    ids = fields.getlist("document")
    if not ids:
        raise InvalidParam(_("Choose documents first."))
    if len(ids) > MAX_CHOSEN:
        raise InvalidParam(_("Choose at most %(number)s documents at once.") % {"number": MAX_CHOSEN})
    return fields.get("action", ""), ids


def _apply(action: str, dataset: Dataset, documents: Sequence[Document], user: User) -> None:
    if action in _STATUS_ACTIONS:
        ids = [document.pk for document in documents]
        set_documents_status(dataset=dataset, document_ids=ids, action=action, user=user)
        return
    for document in documents:
        if action == "delete":
            delete_document(document=document, user=user, even_archived=True)
        elif action == "sync":
            request_sync(document=document, user=user)
        elif action in JOB_ACTIONS and action != "priority":
            JOB_ACTIONS[action](document=document, user=user)
        else:
            raise InvalidParam(_("There is no such action."))


def _said(action: str, count: int) -> str:
    sentences = {
        "enable": ngettext("%(count)s document is on.", "%(count)s documents are on.", count),
        "disable": ngettext("%(count)s document is off.", "%(count)s documents are off.", count),
        "archive": ngettext("%(count)s document was archived.", "%(count)s documents were archived.", count),
        "un_archive": ngettext("%(count)s document is back.", "%(count)s documents are back.", count),
        "delete": ngettext("%(count)s document was deleted.", "%(count)s documents were deleted.", count),
        "sync": _("The source is looked at soon."),
        "pause": _("Indexing is paused."),
        "resume": _("Indexing goes on."),
        "cancel": _("Indexing was cancelled."),
        "retry": ngettext("%(count)s document is tried again.", "%(count)s documents are tried again.", count),
        "reindex": _("The document is read and indexed anew."),
    }
    return sentences[action] % {"count": count} if "%" in sentences[action] else sentences[action]
