"""What can be changed of an app beside its configuration: name, icon, tags, public page; saving it as a template."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.prompts.forms import AppForm, SiteForm, TemplateForm, attempt
from apps.prompts.models import App
from apps.prompts.selectors import get_app, get_site
from apps.prompts.services.apps import update_app
from apps.prompts.services.icons import set_icon_picture, set_site_picture
from apps.prompts.services.sites import update_site
from apps.prompts.services.templates import save_as_template
from apps.workspaces.choices import TagKind
from apps.workspaces.permissions import BUILDERS, ConsoleRequest, requires
from apps.workspaces.selectors import list_tags_of
from apps.workspaces.services.tags import set_tags


@require_http_methods(["GET", "POST"])
@requires(*BUILDERS)
def edit(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    app = get_app(workspace=request.workspace, app_id=app_id)
    if request.method == "POST":
        form = AppForm(request.POST, request.FILES)
        if attempt(form, lambda fields: _change(request, app, fields)):
            messages.success(request, _("Saved."))
            return redirect("prompts:overview", app_id)
    else:
        tags = list_tags_of(workspace=request.workspace, target_ids=[app.id]).get(app.id, [])
        form = AppForm(initial=AppForm.initial_of(app, [tag.name for tag in tags]))
    return _form_page(request, app, form, title=_("Name, icon, tags"))


def _change(request: ConsoleRequest, app: App, fields: dict[str, Any]) -> bool:
    picture, tags = fields.pop("picture"), fields.pop("tags")
    if picture or not fields["icon"]:
        fields.pop("icon")
    with transaction.atomic():
        update_app(app=app, user=request.user, **fields)
        set_tags(workspace=request.workspace, kind=TagKind.APP, names=tags, target_id=app.id, user=request.user)
        if picture:
            set_icon_picture(app=app, data=picture.file, user=request.user)
    return True


@require_http_methods(["GET", "POST"])
@requires(*BUILDERS)
def site(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    app = get_app(workspace=request.workspace, app_id=app_id)
    current = get_site(app)
    if request.method == "POST":
        form = SiteForm(request.POST, request.FILES, site=current)
        if attempt(form, lambda fields: _change_site(request, app, form)):
            messages.success(request, _("Saved. Visitors see it when they open the page again."))
            return redirect("prompts:overview", app_id)
    else:
        form = SiteForm(initial=SiteForm.initial_of(current), site=current)
    return _form_page(request, app, form, title=_("Page settings"))


def _change_site(request: ConsoleRequest, app: App, form: SiteForm) -> bool:
    picture = form.cleaned_data["picture"]
    with transaction.atomic():
        update_site(app=app, user=request.user, **form.settings())
        if picture:
            set_site_picture(app=app, data=picture.file, user=request.user)
    return True


@require_http_methods(["GET", "POST"])
@requires(*BUILDERS)
def save_template(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    app = get_app(workspace=request.workspace, app_id=app_id)
    form = TemplateForm(request.POST or None, initial={"name": app.name})
    if request.method == "POST":
        template = attempt(form, lambda fields: save_as_template(app=app, user=request.user, **fields))
        if template is not None:
            messages.success(request, _("The draft is now a template of your team."))
            return redirect("prompts:new_app")
    lead = _("Your team can make further apps of it. Knowledge, keys and conversations are not part of a template.")
    return _form_page(request, app, form, title=_("Save as template"), lead=lead)


def _form_page(request: ConsoleRequest, app: App, form: forms.Form, *, title: str, lead: str = "") -> HttpResponse:
    context = {"app": app, "form": form, "title": title, "lead": lead}
    return render(request, "prompts/app_form.html", context, status=400 if form.errors else 200)
