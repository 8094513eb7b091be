"""The publish menu, and an app's version history: what each version holds, what differs, the ways back."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.common.errors import AppError, NotFound
from apps.common.pages import done, render_part, say, wants_fragment
from apps.prompts.diffing import compare
from apps.prompts.errors import InvalidAppConfig
from apps.prompts.models import App, AppVersion
from apps.prompts.publishing import publishing_of
from apps.prompts.selectors import find_version, get_app, list_versions
from apps.prompts.services.versions import publish, restore
from apps.workspaces.permissions import BUILDERS, ConsoleRequest, requires

VERSIONS_PER_PAGE = 20
OFFERED = 50  # versions to compare with


@require_http_methods(["GET", "POST"])
@requires(*BUILDERS)
def publishing(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    """The menu's content; POST publishes the draft."""
    app = get_app(workspace=request.workspace, app_id=app_id)
    if request.method != "POST":
        return _menu(request, app)
    try:
        version = publish(app=app, user=request.user, note=request.POST.get("note", ""))
    except InvalidAppConfig:
        return _menu(request, app, status=422)  # it lists what is wrong
    except AppError as refusal:
        return _menu(request, app, problem=refusal.message, status=422)
    app = get_app(workspace=request.workspace, app_id=app_id)
    response = _menu(request, app)
    say(response, _("Version %(number)s is published.") % {"number": version.number})
    return response


def _menu(request: ConsoleRequest, app: App, *, problem: str = "", status: int = 200) -> HttpResponse:
    context = {"app": app, "state": publishing_of(app), "problem": problem}
    return render_part(request, "prompts/publishing.html", "prompts/_publishing.html", context, status=status)


@require_safe
@requires(*BUILDERS)
def version_list(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    app = get_app(workspace=request.workspace, app_id=app_id)
    only_releases = request.GET.get("show") == "published"
    versions = list_versions(app=app, only_releases=only_releases).defer("config")
    page = Paginator(versions, VERSIONS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"app": app, "page": page, "only_releases": only_releases}
    return render(request, "prompts/versions.html", context)


@require_safe
@requires(*BUILDERS)
def version_page(request: ConsoleRequest, app_id: UUID, number: int) -> HttpResponse:
    """One version, and what differs from another: `against`, else the published one, else the one before."""
    app = get_app(workspace=request.workspace, app_id=app_id)
    version = find_version(app=app, number=number)
    others = list_versions(app=app).exclude(pk=version.pk)
    against = _against(request.GET.get("against", ""), app, version)
    context = {
        "app": app,
        "version": version,
        "others": others.defer("config")[:OFFERED],
        "against": against,
        "sections": compare(against.config, version.config) if against else [],
    }
    return render(request, "prompts/version.html", context)


def _against(asked: str, app: App, version: AppVersion) -> AppVersion | None:
    if asked.isdecimal() and len(asked) < 10:
        return find_version(app=app, number=int(asked))
    if app.published is not None and app.published_id != version.pk:
        return app.published
    return list_versions(app=app).filter(number__lt=version.number).first()


@require_POST
@requires(*BUILDERS)
def restore_version(request: ConsoleRequest, app_id: UUID, number: int) -> HttpResponse:
    app = get_app(workspace=request.workspace, app_id=app_id)
    restore(app=app, version_id=find_version(app=app, number=number).pk, user=request.user)
    sentence = _("The draft is version %(number)s again. What is published has not changed.") % {"number": number}
    if wants_fragment(request):  # the page it is edited on goes on with it, and can undo
        response = HttpResponse(status=204)
        say(response, sentence, events={"draft-restored": {}})
        return response
    return done(request, "prompts:orchestrate", sentence, app_id=app_id)


@require_POST
@requires(*BUILDERS)
def publish_version(request: ConsoleRequest, app_id: UUID, number: int) -> HttpResponse:
    app = get_app(workspace=request.workspace, app_id=app_id)
    version = find_version(app=app, number=number)
    if not version.is_release and version.pk != app.draft_id:
        raise NotFound(_("This version was never published. Restore it to the draft, try it, then publish the draft."))
    publish(app=app, user=request.user, version_id=version.pk)
    return done(request, "prompts:versions", _("Version %(number)s is published.") % {"number": number}, app_id=app_id)
