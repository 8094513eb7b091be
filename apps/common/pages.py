"""Answers of console pages: whole pages for browsers, fragments for htmx, and what a page says after a change."""

import json
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url


def wants_fragment(request: HttpRequest) -> bool:
    """Whether a script of ours asks for a part of a page."""
    return "HX-Request" in request.headers


def render_part(
    request: HttpRequest, page: str, part: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """The part alone for a script, the page that includes it for everybody else."""
    response = render(request, part if wants_fragment(request) else page, dict(context), status=status)
    response["Vary"] = "HX-Request"
    return response


def say(
    response: HttpResponse, sentence: str = "", *, kind: str = "ok", events: Mapping[str, Any] | None = None
) -> None:
    """Shows a passing note beside a fragment, and fires events on the page (`dialog-close`, `documents-changed`)."""
    fired = {**({"toast": {"text": sentence, "kind": kind}} if sentence else {}), **(events or {})}
    # ASCII: header values are.
    response["HX-Trigger"] = json.dumps(fired)


def done(request: HttpRequest, to: str, sentence: str = "", **arguments: Any) -> HttpResponse:
    """After a change: on to another page, where the sentence is shown."""
    if sentence:
        messages.success(request, sentence)
    url = resolve_url(to, **arguments)
    if not wants_fragment(request):
        return HttpResponseRedirect(url)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = url
    return response
