"""Steps 2 and 3 of adding documents: how they are cut, what that makes of them, and how far indexing is."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.common.errors import AppError, NotFound
from apps.common.pages import done, render_part
from apps.knowledge.base_forms import NameForm
from apps.knowledge.choices import UNFINISHED, IndexingStatus, IndexingTechnique
from apps.knowledge.models import Document
from apps.knowledge.process_forms import ProcessForm
from apps.knowledge.selectors import DOCUMENT_NOT_FOUND, get_latest_rule, list_batch
from apps.knowledge.services import intake
from apps.knowledge.services.datasets import update_dataset
from apps.prompts.forms import attempt
from apps.workspaces.permissions import KNOWLEDGE_BUILDERS, ConsoleRequest, requires

from ._base import base_of, own_base_of
from ._drafts import Work

SHOWN = 20
LISTED = 200  # documents of a batch whose progress is shown one by one


@require_http_methods(["GET", "POST"])
@requires(*KNOWLEDGE_BUILDERS)
def process(request: ConsoleRequest) -> HttpResponse:
    work = Work.of(request)
    if not work.draft.entries:
        return redirect(work.url("new"))
    form = _form(work, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        added = attempt(form, lambda _fields: _add(work, form))
        if added is not None:
            work.drafts.forget()
            return redirect("knowledge:batch", *added)
    context = work.context(form=form, entry=work.draft.find(request.GET.get("entry", "")))
    return render(request, "knowledge/process.html", context)


def _form(work: Work, data: Any) -> ProcessForm:
    rule = get_latest_rule(dataset=work.dataset) if work.dataset else None
    first = ProcessForm.first(work.dataset, rule, work.request.workspace) | work.draft.process
    return ProcessForm(data, initial=first, workspace=work.request.workspace, dataset=work.dataset)


def _add(work: Work, form: ProcessForm) -> tuple[UUID, str]:
    entries, options, user = work.draft.entries, form.options(), work.request.user
    if work.dataset is not None:
        return work.dataset.pk, intake.add_documents(dataset=work.dataset, entries=entries, options=options, user=user)
    dataset, batch = intake.found_base(workspace=work.request.workspace, entries=entries, options=options, user=user)
    return dataset.pk, batch


@require_POST
@requires(*KNOWLEDGE_BUILDERS)
def preview(request: ConsoleRequest) -> HttpResponse:
    """What one of the picked documents would become; what the form says is kept for a reload."""
    work = Work.of(request)
    form = _form(work, request.POST)
    entry = work.draft.find(request.POST.get("entry", ""))
    context = work.context(entry=entry, form=form)
    if entry is not None and form.is_valid():
        work.draft.process = form.cleaned_data
        work.save()
        options = {name: value for name, value in form.options().items() if name != "retrieval_model"}
        technique = work.dataset.indexing_technique if work.dataset else None
        context["is_economy"] = (technique or options.get("indexing_technique")) == IndexingTechnique.ECONOMY
        asked = 1 if "ask" in request.POST else 0
        try:
            if "total" in request.POST:
                context["total"] = intake.total(
                    workspace=request.workspace, dataset=work.dataset, entries=work.draft.entries, options=options
                )
            context["preview"] = intake.preview(
                workspace=request.workspace,
                dataset=work.dataset,
                entry=entry,
                options={**options, "shown": SHOWN, "asked": asked},
            )
        except AppError as problem:
            context["problem"] = problem.message
    return render(request, "knowledge/_preview.html", context)


@require_safe
@requires(*KNOWLEDGE_BUILDERS)
def batch(request: ConsoleRequest, dataset_id: UUID, batch: str) -> HttpResponse:
    """How far the documents of a batch are; asked again and again until all are done."""
    dataset = own_base_of(request, dataset_id)
    documents = list_batch(dataset=dataset, batch=batch)
    rows = [_row(document) for document in documents[:LISTED]]
    if not rows:
        raise NotFound(DOCUMENT_NOT_FOUND)
    statuses = list(documents.values_list("indexing_status", flat=True))
    context = {
        "dataset": dataset,
        "batch": batch,
        "rows": rows,
        "total": len(statuses),
        "finished": sum(status == IndexingStatus.COMPLETED for status in statuses),
        "failed": sum(status == IndexingStatus.ERROR for status in statuses),
        "is_running": any(status in UNFINISHED for status in statuses),
        "form": NameForm(initial={"name": dataset.name}),
    }
    return render_part(request, "knowledge/batch.html", "knowledge/_batch.html", context)


def _row(document: Document) -> dict[str, Any]:
    total = document.segment_count
    return {
        "document": document,
        "percent": 100 * document.completed_segments // total if total else 0,
        "is_done": document.indexing_status == IndexingStatus.COMPLETED,
        "is_failed": document.indexing_status == IndexingStatus.ERROR,
    }


@require_POST
@requires(*KNOWLEDGE_BUILDERS)
def rename(request: ConsoleRequest, dataset_id: UUID) -> HttpResponse:
    """From step 3, where a new base gets a name of its own; back to where it was sent from."""
    dataset = base_of(request, dataset_id)
    form = NameForm(request.POST)
    renamed = attempt(form, lambda fields: update_dataset(dataset=dataset, user=request.user, **fields))
    if renamed is None:
        return render(request, "knowledge/_name.html", {"form": form, "dataset": dataset}, status=422)
    return done(request, "knowledge:base", _("Saved."), dataset_id=dataset.pk)
