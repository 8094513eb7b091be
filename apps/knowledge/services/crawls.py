"""Crawls: a site's pages are read by a worker (`crawling`), looked at, and chosen to become documents."""

from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from apps.common import jobs
from apps.common.errors import InvalidParam, NotFound
from apps.files.names import MAX_NAME
from apps.knowledge.choices import CrawlStatus
from apps.knowledge.models import Crawl, CrawledPage, Dataset, Document
from apps.knowledge.source_contract import digest_of
from apps.workspaces.models import User, Workspace
from apps.workspaces.services import audit

from .connections import get_source, open_access
from .documents import create_document, new_batch, stored, title
from .origins import Origin

TASK: Final = "knowledge.crawl"
SOURCE: Final = "website"
MAX_DEPTH: Final = 10
MAX_PATTERNS: Final = 50


class CrawlOptions(BaseModel):
    """How far a crawl goes.

    Args:
        depth: links followed one after the other; 0: the first page alone.
        limit: the most pages read.
        include, exclude: patterns of paths (`blog/*`).
        only_main_content: menus, banners and footers are left out.
        use_sitemap: begins with the pages of the site's sitemaps too.
    """

    model_config = ConfigDict(extra="forbid")

    depth: int = Field(2, ge=0, le=MAX_DEPTH)
    limit: int = Field(10, ge=1)
    include: list[str] = Field(default_factory=list, max_length=MAX_PATTERNS)
    exclude: list[str] = Field(default_factory=list, max_length=MAX_PATTERNS)
    only_main_content: bool = True
    use_sitemap: bool = False


def create_crawl(
    *, workspace: Workspace, url: str, options: Mapping[str, Any] | None = None, user: User | None = None
) -> Crawl:
    """Starts to walk through a site.

    Args:
        options: fields of `CrawlOptions`.

    Raises:
        InvalidParam: no web address, or an option is not valid.
        AddressBlocked: it may not be called.
    """
    parsed = _parse(options or {})
    source = get_source(SOURCE)
    url = source.accept(open_access(source, None), url)
    with transaction.atomic():
        crawl = Crawl.objects.create(workspace=workspace, url=url, options=parsed.model_dump(), created_by=user)
        audit.record(
            workspace=workspace, user=user, action="crawl.create", object_type="crawl", object_id=crawl.pk,
            data={"url": url},
        )  # fmt: skip
        jobs.enqueue(TASK)
    return crawl


def stop_crawl(*, crawl: Crawl, user: User | None = None) -> None:
    """Ends a crawl where it stands; the pages it has read stay."""
    with transaction.atomic():
        Crawl.objects.filter(pk=crawl.pk, status=CrawlStatus.RUNNING).update(
            status=CrawlStatus.STOPPED, completed_at=timezone.now(), lease_owner=None, lease_until=None
        )
        CrawledPage.objects.filter(crawl=crawl, content=None, error=None).delete()
        audit.record(workspace=crawl.workspace, user=user, action="crawl.stop", object_type="crawl", object_id=crawl.pk)


def delete_crawl(*, crawl: Crawl) -> None:
    """Forgets a crawl and its pages; documents made of them stay."""
    crawl.delete()


def import_pages(
    *,
    dataset: Dataset,
    crawl: Crawl,
    page_ids: Collection[UUID] | None = None,
    user: User | None = None,
    **options: Any,
) -> list[Document]:
    """Adds pages of a crawl to a base, as Markdown files.

    Args:
        page_ids: None: all that were read.
        options: as in `create_document`.

    Raises:
        NotFound: a page is not among those read, or none was.
        PayloadTooLarge, StorageUnavailable, InvalidParam, and others as in `create_document`.
    """
    pages = CrawledPage.objects.filter(crawl=crawl, content__isnull=False, error=None).order_by("position")
    if page_ids is not None:
        pages = pages.filter(pk__in=page_ids)
    if not pages or (page_ids is not None and len(pages) != len(set(page_ids))):
        raise NotFound("The page was not found, or not read.")
    batch = options.pop("batch", None) or new_batch()
    present = _present(dataset)
    return [
        _import(dataset, crawl, page, user=user, batch=batch, **options) for page in pages if page.url not in present
    ]


def _import(dataset: Dataset, crawl: Crawl, page: CrawledPage, **options: Any) -> Document:
    text = page.content or ""
    name = title(page.title or page.url)
    info = {
        "url": page.url,
        "title": page.title,
        "description": page.description,
        "job_id": str(crawl.pk),
        "only_main_content": crawl.options.get("only_main_content", True),
    }
    file_name = f"{name.replace('/', ' ')[: MAX_NAME // 2]}.md"
    with stored(dataset, file_name, text.encode(), "text/markdown", options.get("user")) as upload:
        origin = Origin("website_crawl", SOURCE, page.url, info, None, digest_of(text), crawl.completed_at)
        return create_document(dataset=dataset, upload=upload, name=name, origin=origin, **options)


def _present(dataset: Dataset) -> set[str]:
    documents = Document.objects.filter(dataset=dataset, data_source_info__source=SOURCE)
    return set(documents.values_list("data_source_info__item", flat=True))


def _parse(options: Mapping[str, Any]) -> CrawlOptions:
    try:
        parsed = CrawlOptions.model_validate(dict(options))
    except ValidationError as error:
        problem = error.errors()[0]
        field = str(problem["loc"][0]) if problem["loc"] else "options"
        raise InvalidParam(f"{field}: {problem['msg']}", params=field) from error
    if parsed.limit > settings.CRAWL_PAGES_LIMIT:
        raise InvalidParam(f"limit: at most {settings.CRAWL_PAGES_LIMIT} pages (CRAWL_PAGES_LIMIT).", params="limit")
    if any(len(pattern) > 200 for pattern in [*parsed.include, *parsed.exclude]):
        raise InvalidParam("A pattern has at most 200 characters.", params="include")
    return parsed
