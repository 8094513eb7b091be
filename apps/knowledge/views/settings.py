"""Settings of a base: name, access, tags; index and retrieval; where it is kept; the end of it."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.common.errors import Conflict, Forbidden, NotFound
from apps.common.pages import done, render_part, wants_fragment
from apps.knowledge.access import require_sharer
from apps.knowledge.base_forms import BaseForm, ExternalForm, IndexForm
from apps.knowledge.choices import DatasetProvider, Permission
from apps.knowledge.models import Dataset, IndexChange
from apps.knowledge.process_forms import split_model
from apps.knowledge.selectors import name_apps
from apps.knowledge.services.datasets import delete_dataset, update_dataset
from apps.knowledge.services.external import update_external_dataset
from apps.knowledge.services.index_changes import cancel_change, is_made
from apps.knowledge.services.sync import set_sync_interval
from apps.prompts.forms import attempt
from apps.workspaces.choices import TagKind
from apps.workspaces.permissions import KNOWLEDGE_BUILDERS, ConsoleRequest, requires
from apps.workspaces.selectors import list_tags_of
from apps.workspaces.services.tags import set_tags

from ._base import base_of, own_base_of


@require_http_methods(["GET", "POST"])
@requires(*KNOWLEDGE_BUILDERS)
def settings_page(request: ConsoleRequest, dataset_id: UUID) -> HttpResponse:
    dataset = base_of(request, dataset_id)
    form = _base_form(request, dataset, request.POST if request.method == "POST" else None)
    if request.method == "POST" and attempt(form, lambda fields: _change(request, dataset, fields)):
        return _saved(request, dataset)
    return _page(request, dataset, form=form)


@require_POST
@requires(*KNOWLEDGE_BUILDERS)
def change_index(request: ConsoleRequest, dataset_id: UUID) -> HttpResponse:
    dataset = own_base_of(request, dataset_id)
    form = IndexForm(request.POST, workspace=request.workspace, dataset=dataset)
    if attempt(form, lambda fields: _change_index(request, dataset, form, fields)):
        return _saved(request, dataset)
    return _page(request, dataset, index=form)


@require_POST
@requires(*KNOWLEDGE_BUILDERS)
def change_external(request: ConsoleRequest, external_dataset_id: UUID) -> HttpResponse:
    dataset = base_of(request, external_dataset_id)
    if dataset.provider != DatasetProvider.EXTERNAL:
        raise NotFound
    form = ExternalForm(request.POST)

    def change(fields: dict[str, Any]) -> bool:
        update_external_dataset(
            dataset=dataset,
            external_knowledge_id=fields["external_knowledge_id"],
            external_retrieval_model=form.retrieval_model(),
            user=request.user,
        )
        return True

    if attempt(form, change):
        return _saved(request, dataset)
    return _page(request, dataset, external=form)


@require_safe
@requires(*KNOWLEDGE_BUILDERS)
def index_change(request: ConsoleRequest, dataset_id: UUID) -> HttpResponse:
    """How far a change of the index is, for a page that asks again and again."""
    dataset = own_base_of(request, dataset_id)
    return render(request, "knowledge/_index_change.html", {"dataset": dataset, "change": _under_way(dataset)})


@require_POST
@requires(*KNOWLEDGE_BUILDERS)
def cancel_index_change(request: ConsoleRequest, dataset_id: UUID) -> HttpResponse:
    dataset = own_base_of(request, dataset_id)
    if _under_way(dataset) is None:  # it was through before the button was pressed
        return done(request, "knowledge:settings", _("The change was through already."), dataset_id=dataset.pk)
    cancel_change(dataset=dataset, user=request.user)
    return done(request, "knowledge:settings", _("The base stays as it was."), dataset_id=dataset.pk)


@require_http_methods(["GET", "POST"])
@requires(*KNOWLEDGE_BUILDERS)
def delete(request: ConsoleRequest, dataset_id: UUID) -> HttpResponse:
    """Asks for the name first; says which apps still use the base."""
    dataset = base_of(request, dataset_id)
    problem = ""
    if request.method == "POST":
        if request.POST.get("name", "").strip() == dataset.name:
            try:
                delete_dataset(dataset=dataset, user=request.user)
                return done(request, "knowledge:list", _("The knowledge base was deleted."))
            except Conflict as conflict:
                problem = conflict.message
        else:
            problem = _("That is not its name.")
    context = {"dataset": dataset, "apps": name_apps(dataset=dataset), "problem": problem}
    status = 422 if problem and wants_fragment(request) else 200
    return render_part(request, "knowledge/delete.html", "knowledge/_delete.html", context, status=status)


def _change(request: ConsoleRequest, dataset: Dataset, fields: dict[str, Any]) -> bool:
    tags, hours = fields.pop("tags"), fields.pop("sync_interval")
    members = fields.pop("members", None)
    if fields.get("permission") == Permission.PARTIAL_MEMBERS:
        fields["members"] = members
    if fields.get("permission") == dataset.permission and "members" not in fields:
        fields.pop("permission")
    set_tags(workspace=request.workspace, kind=TagKind.KNOWLEDGE, names=tags, target_id=dataset.pk, user=request.user)
    if hours != dataset.sync_interval_h:
        set_sync_interval(dataset=dataset, hours=hours, user=request.user)
    update_dataset(dataset=dataset, user=request.user, **fields)
    return True


def _change_index(request: ConsoleRequest, dataset: Dataset, form: IndexForm, fields: dict[str, Any]) -> bool:
    technique = fields["technique"]
    provider, name = split_model(fields["embedding"] if technique == "high_quality" else "")
    chosen = (technique, provider or "", name or "")
    current = (dataset.indexing_technique, dataset.embedding_provider, dataset.embedding_model)
    index = (
        {"indexing_technique": technique, "embedding_provider": provider, "embedding_model": name}
        if chosen != current
        else {}
    )
    update_dataset(dataset=dataset, user=request.user, retrieval_model=form.retrieval_model(), **index)
    return True


def _base_form(request: ConsoleRequest, dataset: Dataset, data: Any) -> BaseForm:
    tags = list_tags_of(workspace=request.workspace, target_ids=[dataset.pk]).get(dataset.pk, [])
    initial = BaseForm.initial_of(dataset, [tag.name for tag in tags])
    return BaseForm(data, initial=initial, dataset=dataset, may_share=_may_share(request, dataset))


def _may_share(request: ConsoleRequest, dataset: Dataset) -> bool:
    try:
        require_sharer(request.user, dataset)
    except Forbidden:
        return False
    return True


def _under_way(dataset: Dataset) -> IndexChange | None:
    change = IndexChange.objects.filter(dataset=dataset).first()
    return None if change is None or is_made(dataset, change) else change


def _saved(request: ConsoleRequest, dataset: Dataset) -> HttpResponse:
    return done(request, "knowledge:settings", _("Saved."), dataset_id=dataset.pk)


def _page(
    request: ConsoleRequest,
    dataset: Dataset,
    *,
    form: BaseForm | None = None,
    index: IndexForm | None = None,
    external: ExternalForm | None = None,
) -> HttpResponse:
    is_external = dataset.provider == DatasetProvider.EXTERNAL
    initial = IndexForm.initial_of(dataset.retrieval_model) | IndexForm.initial_index(dataset)
    context = {
        "dataset": dataset,
        "form": form or _base_form(request, dataset, None),
        "index": None
        if is_external
        else index or IndexForm(initial=initial, workspace=request.workspace, dataset=dataset),
        "external": (external or ExternalForm(initial=ExternalForm.initial_of(dataset))) if is_external else None,
        "change": _under_way(dataset),
    }
    return render(request, "knowledge/settings.html", context)
