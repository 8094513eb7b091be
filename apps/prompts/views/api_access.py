"""How programs call an app: its keys, and the reference of its API with its own form filled in."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.common.errors import AppError, Conflict, Forbidden, InvalidParam, NotFound, Unauthorized
from apps.prompts.config import BasicConfig, read_config
from apps.prompts.endpoints import Endpoint, blanks_of, fill_in, is_on, sections_of
from apps.prompts.errors import NotPublished
from apps.prompts.models import App
from apps.prompts.selectors import get_app, list_keys
from apps.prompts.services.keys import MAX_KEYS
from apps.prompts.snippets import LANGUAGES, Call
from apps.workspaces.permissions import BUILDERS, ConsoleRequest, requires

# What every caller meets sooner or later; the others stand in the documentation.
ERRORS: tuple[type[AppError], ...] = (InvalidParam, NotPublished, Unauthorized, Forbidden, NotFound, Conflict)


@require_safe
@requires(*BUILDERS)
def api_access(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    return render_api_access(request, get_app(workspace=request.workspace, app_id=app_id))


def render_api_access(request: ConsoleRequest, app: App, *, new_key: str = "") -> HttpResponse:
    """The page; a new key stands on it this once and is kept in no cache."""
    base_url = request.build_absolute_uri("/v1")
    version = app.published or app.draft
    config = read_config(version.config if version else {})
    context = {
        "app": app,
        "api_url": base_url,
        "keys": list_keys(app=app),
        "max_keys": MAX_KEYS,
        "new_key": new_key,
        "form": config.variables,
        "languages": [(key, label) for key, (label, _write) in LANGUAGES.items()],
        "sections": [
            (
                section.key,
                _(section.label),
                [describe(endpoint, app, config, base_url) for endpoint in section.endpoints],
            )
            for section in sections_of(app.mode)
        ],
        "errors": [(error.http_status, error.code, error.default_message) for error in ERRORS],
    }
    response = render(request, "prompts/api_access.html", context)
    if new_key:
        response["Cache-Control"] = "no-store"
    return response


def describe(endpoint: Endpoint, app: App, config: BasicConfig, base_url: str) -> Mapping[str, Any]:
    """An endpoint in the reader's language, its example with the app's own form."""
    call = example_call(endpoint, blanks_of(name=app.name, config=config), base_url)
    answer = endpoint.answer
    return {
        "anchor": endpoint.anchor,
        "method": endpoint.method,
        "path": endpoint.path,
        "title": _(endpoint.title),
        "about": _(endpoint.about),
        "parameters": [(item, _(item.about)) for item in endpoint.parameters],
        "takes_form": any(item.name == "inputs" for item in endpoint.parameters),
        "samples": [(key, label, write(call)) for key, (label, write) in LANGUAGES.items()],
        "answer": _(answer) if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False, indent=2),
        "stream": endpoint.stream,
        "is_off": not is_on(config, endpoint.feature),
    }


def example_call(endpoint: Endpoint, blanks: Mapping[str, Any], base_url: str) -> Call:
    """The example of an endpoint as a request; ids in its path stand in capitals."""
    path = endpoint.path
    for item in endpoint.parameters:
        if item.where == "path":
            path = path.replace("{" + item.name + "}", item.name.upper())
    body = None if endpoint.body is None else fill_in(endpoint.body, blanks)
    return Call(endpoint.method, base_url + path, endpoint.query, body, endpoint.form, endpoint.file)
