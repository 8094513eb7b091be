"""Fields that documents of a base are told apart by."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.common.errors import AppError, NotFound
from apps.common.pages import done
from apps.knowledge.base_forms import FieldForm
from apps.knowledge.choices import BUILT_IN
from apps.knowledge.models import Dataset
from apps.knowledge.selectors import list_fields
from apps.knowledge.services.metadata import create_field, delete_field, rename_field, set_built_in_fields
from apps.prompts.forms import attempt
from apps.workspaces.permissions import KNOWLEDGE_BUILDERS, ConsoleRequest, requires

from ._base import own_base_of


@require_http_methods(["GET", "POST"])
@requires(*KNOWLEDGE_BUILDERS)
def metadata(request: ConsoleRequest, dataset_id: UUID) -> HttpResponse:
    form = FieldForm(request.POST or None)
    dataset = own_base_of(request, dataset_id)
    if request.method == "POST":
        field = attempt(form, lambda fields: create_field(dataset=dataset, user=request.user, **fields))
        if field is not None:
            return done(request, "knowledge:metadata", _("The field is there."), dataset_id=dataset.pk)
    return _page(request, dataset, form)


@require_POST
@requires(*KNOWLEDGE_BUILDERS)
def rename(request: ConsoleRequest, dataset_id: UUID, field_id: UUID) -> HttpResponse:
    dataset = own_base_of(request, dataset_id)
    try:
        rename_field(dataset=dataset, field_id=field_id, name=request.POST.get("name", ""), user=request.user)
    except NotFound:
        raise
    except AppError as problem:
        return _page(request, dataset, FieldForm(), problem.message)
    return done(request, "knowledge:metadata", _("Saved."), dataset_id=dataset.pk)


@require_POST
@requires(*KNOWLEDGE_BUILDERS)
def delete(request: ConsoleRequest, dataset_id: UUID, field_id: UUID) -> HttpResponse:
    dataset = own_base_of(request, dataset_id)
    delete_field(dataset=dataset, field_id=field_id, user=request.user)
    return done(request, "knowledge:metadata", _("The field was deleted."), dataset_id=dataset.pk)


@require_POST
@requires(*KNOWLEDGE_BUILDERS)
def built_in(request: ConsoleRequest, dataset_id: UUID) -> HttpResponse:
    dataset = own_base_of(request, dataset_id)
    set_built_in_fields(dataset=dataset, enabled=request.POST.get("enabled") == "on", user=request.user)
    return done(request, "knowledge:metadata", dataset_id=dataset.pk)


def _page(request: ConsoleRequest, dataset: Dataset, form: FieldForm, problem: str = "") -> HttpResponse:
    context = {
        "dataset": dataset,
        "form": form,
        "fields": list_fields(dataset=dataset),
        "built_in": BUILT_IN.items(),
        "problem": problem,
    }
    return render(request, "knowledge/metadata.html", context)
