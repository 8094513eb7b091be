"""Step 1 of adding documents: pages of a web site, crawled and picked."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from apps.common.errors import AppError, NotFound
from apps.common.ids import parse_uuid
from apps.knowledge.choices import CrawlStatus
from apps.knowledge.drafts import PAGES, Entry
from apps.knowledge.models import Crawl
from apps.knowledge.selectors import get_crawl, list_pages
from apps.knowledge.services.crawls import MAX_DEPTH, create_crawl, stop_crawl
from apps.workspaces.permissions import KNOWLEDGE_BUILDERS, ConsoleRequest, requires

from ._drafts import Work


def crawl_context(work: Work) -> dict[str, Any]:
    """The crawl that is being looked at, with its pages."""
    limits = {"page_limit": settings.CRAWL_PAGES_LIMIT, "max_depth": MAX_DEPTH}
    crawl = _crawl(work)
    if crawl is None:
        return {"crawl": None, **limits}
    pages = list(list_pages(crawl=crawl).defer("content").extra(select={"is_read": "content is not null"}))
    return {
        "crawl": crawl,
        "is_running": crawl.status == CrawlStatus.RUNNING,
        "read": [page for page in pages if page.is_read],
        "failed": [page for page in pages if page.error],
        "waiting": sum(not page.is_read and not page.error for page in pages),
        "seconds": _seconds(crawl),
        **limits,
    }


def _seconds(crawl: Crawl) -> float | None:
    return None if crawl.completed_at is None else (crawl.completed_at - crawl.created_at).total_seconds()


@require_POST
@requires(*KNOWLEDGE_BUILDERS)
def start(request: ConsoleRequest) -> HttpResponse:
    work = Work.of(request)
    try:
        crawl = create_crawl(
            workspace=request.workspace, url=request.POST.get("url", ""), options=_options(request), user=request.user
        )
        work.draft.crawl = str(crawl.pk)
        work.save()
    except AppError as problem:
        messages.error(request, problem.message)
    return _back(work)


def _options(request: ConsoleRequest) -> dict[str, Any]:
    numbers = {name: request.POST[name] for name in ("depth", "limit") if request.POST.get(name)}
    patterns = {
        name: [line.strip() for line in request.POST.get(name, "").replace(",", "\n").splitlines() if line.strip()]
        for name in ("include", "exclude")
    }
    switches = {name: name in request.POST for name in ("only_main_content", "use_sitemap")}
    return {**numbers, **patterns, **switches}


@require_safe
@requires(*KNOWLEDGE_BUILDERS)
def progress(request: ConsoleRequest) -> HttpResponse:
    """The crawl as it stands, for a page that asks again and again while it runs."""
    work = Work.of(request)
    return render(request, "knowledge/_crawl.html", work.context(**crawl_context(work)))


@require_POST
@requires(*KNOWLEDGE_BUILDERS)
def stop(request: ConsoleRequest) -> HttpResponse:
    work = Work.of(request)
    if crawl := _crawl(work):
        stop_crawl(crawl=crawl, user=request.user)
    return _back(work)


@require_POST
@requires(*KNOWLEDGE_BUILDERS)
def leave(request: ConsoleRequest) -> HttpResponse:
    """Back to the form, for another site."""
    work = Work.of(request)
    work.draft.crawl = ""
    work.save()
    return _back(work)


@require_POST
@requires(*KNOWLEDGE_BUILDERS)
def pick(request: ConsoleRequest) -> HttpResponse:
    work = Work.of(request)
    crawl = _crawl(work)
    if crawl is None:
        return _back(work)
    wanted = [id for text in request.POST.getlist("page") if (id := parse_uuid(text))]
    ids = list(list_pages(crawl=crawl).filter(pk__in=wanted, content__isnull=False).values_list("pk", flat=True))
    others = [entry for entry in work.draft.entries if entry.about.get("crawl") != str(crawl.pk)]
    try:
        work.draft.entries, work.draft.crawl = others, ""
        if ids:
            work.add(Entry(PAGES, crawl.url, {"crawl": str(crawl.pk), "ids": [str(id) for id in ids]}))
    except AppError as problem:
        messages.error(request, problem.message)
    work.save()
    return _back(work)


def _crawl(work: Work) -> Crawl | None:
    """The one at hand; None: it was left in another tab, or swept away."""
    try:
        return get_crawl(workspace=work.request.workspace, crawl_id=work.draft.crawl or "")
    except NotFound:
        return None


def _back(work: Work) -> HttpResponse:
    return redirect(work.way_url("website"))
