"""New bases without documents: empty ones, and those kept elsewhere."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.common.pages import done, render_part, wants_fragment
from apps.knowledge.base_forms import ConnectForm, EmptyBaseForm
from apps.knowledge.services.datasets import create_dataset
from apps.knowledge.services.external import create_external_api, create_external_dataset
from apps.prompts.forms import attempt
from apps.workspaces.permissions import KNOWLEDGE_BUILDERS, ConsoleRequest, requires


@require_http_methods(["GET", "POST"])
@requires(*KNOWLEDGE_BUILDERS)
def create_empty(request: ConsoleRequest) -> HttpResponse:
    form = EmptyBaseForm(request.POST or None)
    if request.method == "POST":
        base = attempt(form, lambda fields: create_dataset(workspace=request.workspace, user=request.user, **fields))
        if base is not None:
            return done(request, "knowledge:base", _("The knowledge base is there."), dataset_id=base.pk)
    return _dialog(request, "empty", form)


@require_http_methods(["GET", "POST"])
@requires(*KNOWLEDGE_BUILDERS)
def connect_external(request: ConsoleRequest) -> HttpResponse:
    form = ConnectForm(request.POST or None, workspace=request.workspace)
    if request.method == "POST":
        base_id = attempt(form, lambda fields: _connect(request, form, fields))
        if base_id is not None:
            return done(request, "knowledge:base", _("The knowledge base is connected."), dataset_id=base_id)
    return _dialog(request, "external", form)


def _connect(request: ConsoleRequest, form: ConnectForm, fields: dict[str, Any]) -> UUID:
    service = fields["external_api"] or create_external_api(
        workspace=request.workspace,
        name=fields["service_name"],
        endpoint=fields["endpoint"],
        api_key=fields["api_key"],
        user=request.user,
    )
    return create_external_dataset(
        workspace=request.workspace,
        name=fields["name"],
        description=fields["description"],
        external_api_id=service.pk,
        external_knowledge_id=fields["external_knowledge_id"],
        external_retrieval_model=form.retrieval_model(),
        user=request.user,
    ).pk


def _dialog(request: ConsoleRequest, what: str, form: EmptyBaseForm | ConnectForm) -> HttpResponse:
    context = {"form": form, "what": what}
    status = 422 if form.errors and wants_fragment(request) else 200
    return render_part(request, "knowledge/create.html", f"knowledge/_{what}.html", context, status=status)
