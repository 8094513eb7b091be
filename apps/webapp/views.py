"""Public pages of apps: no sign-in, no cookie of the console is read."""

from collections.abc import Callable, Collection, Coroutine
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_safe

from apps.common.languages import language_of_browser
from apps.common.middleware import policy
from apps.common.words import words_in
from apps.prompts.choices import CHAT_FAMILY, AppMode
from apps.prompts.errors import SiteNotFound
from apps.prompts.runtime import AppRuntime, app_of_site
from apps.prompts.selectors import get_parameters

from .sites import SiteInfo, site_of

Page = Callable[..., Coroutine[Any, Any, HttpResponse]]
# The page of each kind of app: where somebody who took the wrong address is sent.
PAGES = {
    **dict.fromkeys(CHAT_FAMILY, "webapp:chat"),
    AppMode.COMPLETION: "webapp:completion",
    AppMode.WORKFLOW: "webapp:workflow",
}


def page_view(template: str, modes: Collection[str], *, is_framed: bool = False) -> Page:
    """A public page at an address that ends in a site's code.

    Args:
        template: gets `site`, `language`, `is_framed`, and for scripts `page` and `words`.
        modes: the apps it is made for; the page of another kind of app is redirected to.
        is_framed: the page stands in frames on other sites, those its owner allows.
    """

    @require_safe
    async def view(request: HttpRequest, code: str) -> HttpResponse:
        try:
            app = await app_of_site(code)
            site = await site_of(app)
        except SiteNotFound:
            return missing_page(request, "webapp/missing.html", language_of_browser(languages_of(request)), is_framed)
        if app.mode not in modes:
            return _redirect(request, app)
        if app.config is None:
            return missing_page(request, "webapp/unpublished.html", site.language, is_framed)
        context = {"site": site, "is_framed": is_framed, "page": _page(app, site, is_framed=is_framed)}
        response = render_page(request, template, context, site.language)
        return secured(request, response, site.frame_ancestors if is_framed else "'self'")

    return view


def _page(app: AppRuntime, site: SiteInfo, *, is_framed: bool) -> dict[str, object]:
    """What the page's scripts need before they ask for anything."""
    return {
        "code": app.site_code,
        "mode": app.mode,
        "is_framed": is_framed,
        "title": site.name,
        "placeholder": site.placeholder,
        "shows_steps": site.shows_steps,
        "parameters": get_parameters(app.require_config()),
    }


def languages_of(request: HttpRequest) -> str:
    """The languages the browser asks for, as its header has them."""
    return str(request.headers.get("Accept-Language", ""))


def _redirect(request: HttpRequest, app: AppRuntime) -> HttpResponse:
    if app.mode not in PAGES:
        return missing_page(request, "webapp/missing.html", language_of_browser(languages_of(request)), is_framed=False)
    query = request.META.get("QUERY_STRING", "")
    return HttpResponseRedirect(reverse(PAGES[AppMode(app.mode)], args=[app.site_code]) + (query and f"?{query}"))


def missing_page(request: HttpRequest, template: str, language: str, is_framed: bool) -> HttpResponse:
    """The answer 404 with a page of its own."""
    response = render_page(request, template, {}, language)
    response.status_code = 404
    return secured(request, response, "*" if is_framed else "'self'")


def render_page(request: HttpRequest, template: str, context: dict[str, object], language: str) -> HttpResponse:
    """A public page in its language, with the words of its scripts."""
    with translation.override(language):
        return render(request, template, {**context, "language": language, "words": words_in(language)})


def secured(request: HttpRequest, response: HttpResponse, ancestors: str) -> HttpResponse:
    """Sets the policy of public pages; frames are governed by it alone, X-Frame-Options knows no list."""
    nonce: str = request.csp_nonce  # type: ignore[attr-defined]  # set by the middleware
    files = urlsplit(settings.FILES_URL)
    response["Content-Security-Policy"] = policy(
        nonce, ancestors=ancestors, files=f"{files.scheme}://{files.netloc}" if files.netloc else ""
    )
    response.xframe_options_exempt = True
    response["Cache-Control"] = "no-cache"
    return response


chat = page_view("webapp/chat.html", CHAT_FAMILY)
chatbot = page_view("webapp/chat.html", CHAT_FAMILY, is_framed=True)
completion = page_view("webapp/completion.html", {AppMode.COMPLETION})
workflow = page_view("webapp/workflow.html", {AppMode.WORKFLOW})
