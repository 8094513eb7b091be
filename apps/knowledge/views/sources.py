"""Data sources of a workspace: connected by a form or by consent, switched off, removed."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.common.errors import AppError, InvalidParam, NotFound
from apps.knowledge.consent import Consent, begin_consent, end_consent
from apps.knowledge.forms import connect_form
from apps.knowledge.selectors import get_connection, list_connections
from apps.knowledge.services.connections import (
    connect,
    connect_by_consent,
    connect_internal,
    get_source,
    internal_secret,
    oauth_app,
    remove_connection,
    set_connection_enabled,
)
from apps.knowledge.source_contract import OAuthApp, Source, sources
from apps.workspaces.permissions import MANAGERS, ConsoleRequest, requires

PAGE = "knowledge:sources"


@require_safe
@requires(*MANAGERS)
def source_list(request: ConsoleRequest) -> HttpResponse:
    # Where a click is enough comes first.
    kinds = sorted((source() for source in sources.all().values()), key=lambda source: not source.has_oauth)
    context = {
        "connections": [(row, _label(row.source)) for row in list_connections(workspace=request.workspace)],
        "kinds": [
            {
                "source": source,
                "form": connect_form(source),
                "has_consent": source.has_oauth and oauth_app(source.key, "") is not None,
                "has_secret": bool(internal_secret(source.key)),
            }
            for source in kinds
            if source.fields
        ],
        "without": [source.label for source in kinds if not source.fields],
    }
    return render(request, "knowledge/sources.html", context)


@require_POST
@requires(*MANAGERS)
def connect_source(request: ConsoleRequest, source: str) -> HttpResponse:
    """By the fields of the form, or with the server's own secret."""
    found = get_source(source)
    try:
        if "internal" in request.POST:
            connection = connect_internal(workspace=request.workspace, source=source, user=request.user)
        else:
            values = {field.name: request.POST.get(field.name, "") for field in found.fields}
            connection = connect(workspace=request.workspace, source=source, values=values, user=request.user)
    except AppError as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, _("%(name)s is connected.") % {"name": connection.name})
    return redirect(PAGE)


@require_safe
@requires(*MANAGERS)
def authorize(request: ConsoleRequest, source: str) -> HttpResponse:
    """Sends the browser to the source, where its user consents."""
    found = get_source(source)
    try:
        app = _app(request, found)
    except InvalidParam as problem:
        messages.error(request, problem.message)
        return redirect(PAGE)
    consent = Consent(str(request.user.pk), str(request.workspace.pk), found.key)
    return HttpResponseRedirect(found.authorize_url(app, begin_consent(request.session, consent)))


@require_safe
@requires(*MANAGERS)
def callback(request: ConsoleRequest, source: str) -> HttpResponse:
    """Where the source sends the browser back to."""
    found = get_source(source)
    consent = Consent(str(request.user.pk), str(request.workspace.pk), found.key)
    try:
        app = _app(request, found)
        end_consent(request.session, request.GET.get("state", ""), consent)
        code = request.GET.get("code", "")
        if not code:
            raise InvalidParam(_("%(source)s was not connected: there was no consent.") % {"source": found.label})
        connection = connect_by_consent(
            workspace=request.workspace, source=source, app=app, code=code, user=request.user
        )
    except AppError as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, _("%(name)s is connected.") % {"name": connection.name})
    return redirect(PAGE)


@require_POST
@requires(*MANAGERS)
def switch(request: ConsoleRequest, connection_id: UUID) -> HttpResponse:
    connection = get_connection(workspace=request.workspace, connection_id=connection_id)
    set_connection_enabled(connection=connection, enabled=request.POST.get("enabled") == "on", user=request.user)
    return redirect(PAGE)


@require_POST
@requires(*MANAGERS)
def remove(request: ConsoleRequest, connection_id: UUID) -> HttpResponse:
    connection = get_connection(workspace=request.workspace, connection_id=connection_id)
    remove_connection(connection=connection, user=request.user)
    messages.success(request, _("The connection was removed. Its documents stay."))
    return redirect(PAGE)


def _app(request: ConsoleRequest, source: Source) -> OAuthApp:
    """This server as the source knows it. Raises InvalidParam: it is not registered there."""
    where = request.build_absolute_uri(reverse("knowledge:source_callback_original", args=[source.key]))
    app = oauth_app(source.key, where) if source.has_oauth else None
    if app is None:
        name = source.key.upper()
        raise InvalidParam(
            _("This server is not registered with %(source)s. Set %(name)s_CLIENT_ID and %(name)s_CLIENT_SECRET.")
            % {"source": source.label, "name": name}
        )
    return app


def _label(source: str) -> str:
    try:
        return get_source(source).label
    except NotFound:
        return source
