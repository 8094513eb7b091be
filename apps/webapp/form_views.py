"""The page of a form that a run waits for: whoever has its address fills it in, once."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from channels.db import database_sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from apps.chat.form_files import MANY, ONE, file_fields, store_file
from apps.chat.resuming import answer_form
from apps.common.bodies import read_multipart
from apps.common.errors import AppError, Forbidden, NotFound, PayloadTooLarge
from apps.common.languages import language_of_browser
from apps.files.errors import EmptyFile, UnsupportedFileType
from apps.logs.form_selectors import FormExpired, FormSubmitted, get_form, require_open, status_at
from apps.logs.models import HumanForm
from apps.logs.services.forms import InvalidFormData
from apps.prompts.errors import SiteNotFound
from apps.prompts.runtime import app_by_id
from apps.workflows.nodes.human_input.node import FIELD

from .sites import SiteInfo, site_of
from .views import languages_of, missing_page, render_page, secured

FIELD_PREFIX: Final = "field-"
Part = tuple[str, Mapping[str, Any] | None]


@csrf_exempt  # the address is the permission; no cookie is read
@require_http_methods(["GET", "HEAD", "POST"])
async def form_page(request: HttpRequest, token: str) -> HttpResponse:
    """GET and POST /form/{token}."""
    try:
        form = await database_sync_to_async(get_form)(token=token)
        site = await site_of(await app_by_id(form.app_id, form.workspace_id))
    except (NotFound, SiteNotFound, Forbidden):
        return missing_page(request, "webapp/missing.html", language_of_browser(languages_of(request)), is_framed=False)
    problem: AppError | None = None
    if request.method == "POST":
        fields, _ = await asyncio.to_thread(read_multipart, request)  # megabytes would hold up the loop
        given = {key: value for key, value in fields.items() if key.startswith(FIELD_PREFIX)}
        values = {key.removeprefix(FIELD_PREFIX): value for key, value in given.items()}
        try:
            files = await database_sync_to_async(_stored_files)(request, form)
            await answer_form(token, fields.get("action"), {**values, **files}, form.app_id)
        except (InvalidFormData, PayloadTooLarge, EmptyFile, UnsupportedFileType) as error:
            problem = error
        except (FormSubmitted, FormExpired):
            pass  # what has become of it is what its page says
        if problem is None:
            return HttpResponseRedirect(request.path)
        form.defaults = {**form.defaults, **values}
    return _show(request, form, site, problem)


def _stored_files(request: HttpRequest, form: HumanForm) -> dict[str, Any]:
    """The files that came with the page, as uploads. Raises FormSubmitted, FormExpired, and as `store_file`."""
    require_open(form, timezone.now())
    given = {name: request.FILES.getlist(f"{FIELD_PREFIX}{name}") for name in file_fields(form)}
    for name, files in given.items():
        if len(files) > settings.WORKFLOW_FILE_UPLOAD_LIMIT:
            raise InvalidFormData(f"{name} takes at most {settings.WORKFLOW_FILE_UPLOAD_LIMIT} files.", params=name)
    return {name: [store_file(form, file) for file in files] for name, files in given.items()}


def _show(request: HttpRequest, form: HumanForm, site: SiteInfo, problem: AppError | None) -> HttpResponse:
    status = status_at(form, timezone.now())
    context = {"site": site, "form": form, "status": status, "parts": parts_of(form), "problem": problem}
    response = render_page(request, "webapp/form.html", context, site.language)
    response.status_code = 400 if problem else 200
    response = secured(request, response, "'self'")
    response["Referrer-Policy"] = "no-referrer"  # the address must not travel with links in the text
    return response


def parts_of(form: HumanForm) -> Sequence[Part]:
    """The form's text and fields in turn, each ("", field) or (text, None); fields the text does not name follow it."""
    fields = {field["output_variable_name"]: _field(field, form) for field in form.inputs}
    parts: list[Part] = []
    for index, piece in enumerate(FIELD.split(form.content)):
        if index % 2 == 0:
            parts += [(piece, None)] if piece.strip() else []
        elif piece in fields:
            parts.append(("", fields.pop(piece)))
    return [*parts, *(("", field) for field in fields.values())]


def _field(field: Mapping[str, Any], form: HumanForm) -> Mapping[str, Any]:
    name = str(field["output_variable_name"])
    given = form.defaults.get(name)
    return {
        "name": name,
        "id": f"{FIELD_PREFIX}{name}",
        "is_select": field.get("type") == "select",
        "is_file": field.get("type") in (ONE, MANY),
        "is_many": field.get("type") == MANY,
        "options": field.get("options") or [],
        "value": given if isinstance(given, str) else "",
    }
