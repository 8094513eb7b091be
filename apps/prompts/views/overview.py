"""An app's own page: its web page, its API, and what is done with the app as a whole."""

from io import BytesIO
from uuid import UUID

import segno
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.prompts.addresses import site_path
from apps.prompts.choices import SiteLanguage
from apps.prompts.embedding import iframe_snippet, script_snippet
from apps.prompts.errors import InvalidAppConfig
from apps.prompts.forms import DeleteForm
from apps.prompts.selectors import get_app, get_site, list_keys
from apps.prompts.services.apps import reset_site_code, update_app
from apps.prompts.services.deletion import delete_app
from apps.prompts.services.duplicate import duplicate_app
from apps.prompts.services.transfer import export_app
from apps.prompts.services.versions import publish
from apps.workspaces.permissions import APP_USERS, BUILDERS, ConsoleRequest, requires
from apps.workspaces.selectors import list_tags_of

SWITCHES = ("enable_site", "enable_api")


@require_safe
@requires(*APP_USERS)
def overview(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    app = get_app(workspace=request.workspace, app_id=app_id)
    base_url = request.build_absolute_uri("/").rstrip("/")
    may_build = request.membership.role in BUILDERS
    site = get_site(app)
    context: dict[str, object] = {
        "app": app,
        "may_build": may_build,
        "tags": list_tags_of(workspace=request.workspace, target_ids=[app.id]).get(app.id, []),
        "site": site,
        "language": SiteLanguage(site.default_language).label,
        "site_url": base_url + site_path(app),
        "api_url": f"{base_url}/v1",
    }
    if may_build:
        context |= {
            "has_changes": app.draft_id != app.published_id,
            "key_count": list_keys(app=app).count(),
            "snippets": [
                ("frame", _("In a frame"), iframe_snippet(app, base_url)),
                ("bubble", _("As a bubble in the corner"), script_snippet(app, base_url)),
            ],
        }
    return render(request, "prompts/overview.html", context)


@require_safe
@requires(*APP_USERS)
def qr_code(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    """The public page's address for cameras, as a picture of any size."""
    app = get_app(workspace=request.workspace, app_id=app_id)
    address = request.build_absolute_uri(site_path(app))
    picture = BytesIO()
    segno.make(address, error="m").save(picture, kind="svg", scale=8, border=4, light="#ffffff")
    response = HttpResponse(picture.getvalue(), content_type="image/svg+xml")
    response["Content-Disposition"] = f'inline; filename="{slugify(app.name) or "app"}-qr.svg"'
    return response


@require_POST
@requires(*BUILDERS)
def publish_draft(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    app = get_app(workspace=request.workspace, app_id=app_id)
    try:
        version = publish(app=app, user=request.user)
    except InvalidAppConfig as refusal:
        for _code, sentence, _field in refusal.problems:
            messages.error(request, sentence)
    else:
        messages.success(request, _("Version %(number)s is published.") % {"number": version.number})
    return redirect("prompts:overview", app_id)


@require_POST
@requires(*BUILDERS)
def duplicate(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    app = get_app(workspace=request.workspace, app_id=app_id)
    copy = duplicate_app(app=app, user=request.user)
    messages.success(request, _("This is the copy; it is not published yet."))
    return redirect("prompts:overview", copy.id)


@require_safe
@requires(*BUILDERS)
def export(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    app = get_app(workspace=request.workspace, app_id=app_id)
    response = HttpResponse(export_app(app=app), content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slugify(app.name) or "app"}.yml"'
    return response


@require_POST
@requires(*BUILDERS)
def switch(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    app = get_app(workspace=request.workspace, app_id=app_id)
    wanted = {name: request.POST[name] == "on" for name in SWITCHES if name in request.POST}
    update_app(app=app, user=request.user, **wanted)
    return redirect("prompts:api" if request.POST.get("back") == "api" else "prompts:overview", app_id)


@require_POST
@requires(*BUILDERS)
def reset_link(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    reset_site_code(app=get_app(workspace=request.workspace, app_id=app_id), user=request.user)
    messages.success(request, _("The page has a new address. The old one leads nowhere any more."))
    return redirect("prompts:overview", app_id)


@require_http_methods(["GET", "POST"])
@requires(*BUILDERS)
def delete(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    app = get_app(workspace=request.workspace, app_id=app_id)
    form = DeleteForm(request.POST or None, name=app.name)
    if request.method == "POST" and form.is_valid():
        delete_app(app=app, user=request.user)
        messages.success(request, _("%(name)s was deleted.") % {"name": app.name})
        return redirect("prompts:app_list")
    return render(request, "prompts/delete_app.html", {"app": app, "form": form}, status=400 if form.errors else 200)
