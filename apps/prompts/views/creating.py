"""Making an app: of a template, from nothing, of a file."""

from typing import Any, Literal
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.models.selectors import has_own_model
from apps.prompts.blank_flows import blank_flow
from apps.prompts.choices import FLOW_MODES
from apps.prompts.forms import AppFileForm, BlankAppForm, attempt
from apps.prompts.selectors import list_templates
from apps.prompts.services.apps import create_app
from apps.prompts.services.templates import create_from_template, delete_template
from apps.prompts.services.transfer import ImportResult, fetch_app_file, import_app
from apps.workspaces.permissions import BUILDERS, ConsoleRequest, requires

from .explore import sections


@require_safe
@requires(*BUILDERS)
def new_app(request: ConsoleRequest) -> HttpResponse:
    return _page(request)


@require_POST
@requires(*BUILDERS)
def create_blank(request: ConsoleRequest) -> HttpResponse:
    form = BlankAppForm(request.POST)

    def create(fields: dict[str, Any]) -> UUID:
        instructions, mode = fields.pop("instructions"), fields["mode"]
        config = blank_flow(mode, instructions) if mode in FLOW_MODES else {"pre_prompt": instructions}
        return create_app(workspace=request.workspace, config=config, user=request.user, **fields).id

    app_id = attempt(form, create)
    if app_id is None:
        return _page(request, blank=form)
    messages.success(request, _("The app is there as a draft. Publish it when it answers as it should."))
    return redirect("prompts:orchestrate", app_id)


@require_POST
@requires(*BUILDERS)
def create_from_file(request: ConsoleRequest) -> HttpResponse:
    form = AppFileForm(request.POST, request.FILES)

    def create(fields: dict[str, Any]) -> ImportResult:
        file, url = fields["file"], fields["url"]
        content = file.read() if file else fetch_app_file(url) if url else fields["content"]
        return import_app(
            workspace=request.workspace, content=content, user=request.user, accept_newer=fields["accept_newer"]
        )

    result = attempt(form, create)
    return _page(request, file=form) if result is None else _show(request, result, "orchestrate")


@require_POST
@requires(*BUILDERS)
def use_template(request: ConsoleRequest) -> HttpResponse:
    """Two ways: as it is, published at once, or as a draft to be changed."""
    at_once = request.POST.get("way") == "use"
    result = create_from_template(
        workspace=request.workspace,
        template_id=request.POST.get("template", ""),
        user=request.user,
        publish_now=at_once,
    )
    return _show(request, result, "overview" if at_once else "orchestrate")


@require_POST
@requires(*BUILDERS)
def remove_template(request: ConsoleRequest, template_id: UUID) -> HttpResponse:
    delete_template(workspace=request.workspace, template_id=str(template_id), user=request.user)
    messages.success(request, _("The template was deleted. Apps made of it stay."))
    return redirect("prompts:new_app")


def _show(request: ConsoleRequest, result: ImportResult, page: Literal["overview", "orchestrate"]) -> HttpResponse:
    """On to what is done next: a published app is shared, a draft is written."""
    messages.success(request, _("The app is there."))
    for warning in result.warnings:
        messages.warning(request, warning)
    return redirect(f"prompts:{page}", result.app_id)


def _page(
    request: ConsoleRequest, *, blank: BlankAppForm | None = None, file: AppFileForm | None = None
) -> HttpResponse:
    context = {
        "blank": blank or BlankAppForm(),
        "file": file or AppFileForm(),
        "sections": sections(list_templates(workspace=request.workspace)),
        "only_demo": not has_own_model(workspace=request.workspace),
    }
    return render(request, "prompts/new_app.html", context, status=400 if blank or file else 200)
