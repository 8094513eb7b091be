"""Hit testing: what a question finds in a base, and why; with other settings than the base's own, if wanted."""

from time import perf_counter
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from apps.common.errors import AppError, Forbidden, NotFound
from apps.common.pages import done, render_part, wants_fragment
from apps.common.perloop import call
from apps.knowledge.choices import DatasetProvider
from apps.knowledge.errors import DatasetIsExternal
from apps.knowledge.hit_forms import HitForm
from apps.knowledge.lexical.highlighting import highlight
from apps.knowledge.models import Dataset
from apps.knowledge.services.datasets import update_dataset
from apps.knowledge.services.explaining import Candidate, explain
from apps.knowledge.services.searches import Demand
from apps.knowledge.wire import parse_external_retrieval, parse_retrieval
from apps.workspaces.permissions import KNOWLEDGE_BUILDERS, ConsoleRequest, requires

from ._base import base_of

PAGE, PART = "knowledge/hit_testing.html", "knowledge/_hits.html"
# The reasons of `services.explaining.CUTS`, for people who see a table.
CUTS: Final = {
    "below_threshold": gettext_lazy("Below the lowest score"),
    "beyond_top_k": gettext_lazy("Others are better"),
    "filtered_by_metadata": gettext_lazy("Left out by the conditions"),
    "beyond_rerank_candidates": gettext_lazy("Not among those reranked"),
    "disabled": gettext_lazy("The segment is off"),
    "document_disabled": gettext_lazy("Its document is off"),
    "document_archived": gettext_lazy("Its document is archived"),
}


@require_http_methods(["GET", "POST"])
@requires(*KNOWLEDGE_BUILDERS)
def hit_testing(request: ConsoleRequest, dataset_id: UUID) -> HttpResponse:
    dataset = base_of(request, dataset_id)
    first = HitForm.first(dataset)
    form = HitForm(request.POST or None, workspace=request.workspace, dataset=dataset, initial=first)
    context: dict[str, Any] = {
        "dataset": dataset,
        "form": form,
        "is_external": dataset.provider == DatasetProvider.EXTERNAL,
    }
    if request.method == "POST" and form.is_valid():
        context |= _tested(dataset, form)
    return _answer(request, form, context)


@require_POST
@requires(*KNOWLEDGE_BUILDERS)
def keep_settings(request: ConsoleRequest, dataset_id: UUID) -> HttpResponse:
    """The settings of the test become the base's own; its conditions do not, for a base keeps none."""
    dataset = base_of(request, dataset_id)
    if dataset.provider == DatasetProvider.EXTERNAL:
        raise DatasetIsExternal
    form = HitForm(request.POST, workspace=request.workspace, dataset=dataset)
    form.fields["query"].required = False
    if not form.is_valid():
        return _answer(request, form, {"dataset": dataset, "form": form, "is_external": False})
    update_dataset(dataset=dataset, retrieval_model=form.retrieval_model(), user=request.user)
    sentence = _("The base is searched with these settings from now on.")
    return done(request, "knowledge:hit_testing", sentence, dataset_id=dataset_id)


def _answer(request: ConsoleRequest, form: HitForm, context: dict[str, Any]) -> HttpResponse:
    status = 422 if form.errors and wants_fragment(request) else 200
    return render_part(request, PAGE, PART, context, status=status)


def _tested(dataset: Dataset, form: HitForm) -> dict[str, Any]:
    query, began = form.cleaned_data["query"], perf_counter()
    try:
        demand = Demand(settings=_settings(dataset, form))
        explanation = call(
            explain(workspace_id=dataset.workspace_id, dataset_ids=[dataset.pk], query=query, demand=demand)
        )
    except (NotFound, Forbidden):
        raise
    except AppError as problem:
        return {"problem": problem.message}
    return {
        "query": query,
        "latency_ms": round((perf_counter() - began) * 1000),
        "notes": explanation.notes,
        "hits": [_shown(one, query) for one in explanation.candidates if one.rank is not None],
        "candidates": [_shown(one, query) for one in explanation.candidates],
    }


def _settings(dataset: Dataset, form: HitForm) -> Any:
    if dataset.provider == DatasetProvider.EXTERNAL:
        return parse_external_retrieval(form.retrieval_model())
    return parse_retrieval({**form.retrieval_model(), "metadata_filtering_conditions": form.conditions()})


def _shown(candidate: Candidate, query: str) -> dict[str, Any]:
    return {
        "candidate": candidate,
        "hit": candidate.hit,
        "pieces": highlight(candidate.hit.content, query),
        "why": CUTS.get(candidate.cut or ""),
        "percent": round(max(0.0, min(candidate.hit.score, 1.0)) * 100),
    }
