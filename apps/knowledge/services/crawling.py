"""The walk through a site: one page after the other, politely, each page kept at once.

The pages found wait in their table, so whoever takes over after a crash goes on with the next one. A page is written
together with the links found on it, by the owner of the crawl's lease alone.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.conf import settings

from apps.common import db
from apps.common.errors import AppError
from apps.common.ids import new_id
from apps.common.text import storable
from apps.knowledge import extraction
from apps.knowledge.errors import LeaseLost, SourceRateLimited, SourceRefused
from apps.knowledge.models import Crawl
from apps.knowledge.source_contract import Access
from apps.knowledge.sources.website import name_of, read
from apps.knowledge.web.page import Page
from apps.knowledge.web.rules import Robots, Rules, read_robots, read_sitemaps
from apps.knowledge.web.visit import Visited, visit

from . import leases
from .connections import get_source, open_access
from .leases import Lease

# Addresses tried for each page wanted: broken links and files must not keep the crawl from its pages.
TRIES_PER_PAGE: Final = 4
# A crawl mostly waits, and takes a worker's thread for it: the others are for indexing.
MOST_AT_ONCE: Final = 2
SAME: Final = "It says the same as a page read before."
NOT_INDEXED: Final = "The page asks not to be indexed."
FORBIDDEN: Final = "The site's robots.txt forbids this page, or cannot be read."
LONGEST_PAUSE_S: Final = 30.0

_PLAN: Final = """
select url, options, extract(epoch from clock_timestamp() - created_at)::float8
from knowledge_crawl where id = %s and lease_owner = %s"""
_MINE: Final = (
    "with mine as (select id from knowledge_crawl where id = %(crawl)s and lease_owner = %(owner)s for update)"
)
_ADD: Final = """
insert into knowledge_crawledpage (id, crawl_id, position, url, depth, title, description)
select f.id, mine.id, f.rank + (select coalesce(max(position), 0) from knowledge_crawledpage where crawl_id = mine.id),
       f.url, %(depth)s, '', ''
from mine, (
    select n.id, n.url, row_number() over (order by n.rank) as rank
    from unnest(%(ids)s::uuid[], %(urls)s::text[]) with ordinality as n(id, url, rank)
    where not exists (select from knowledge_crawledpage k where k.crawl_id = %(crawl)s and k.url = n.url)
    order by n.rank
    limit greatest(%(room)s - (select count(*) from knowledge_crawledpage where crawl_id = %(crawl)s), 0)
) f
on conflict do nothing"""
_KEEP: Final = f"""{_MINE}, told as (
    update knowledge_crawledpage p
    set title = %(title)s, description = %(description)s, content = %(content)s, error = %(error)s
    from mine where p.id = %(page)s and p.crawl_id = mine.id returning p.id
)
select count(*) from told"""  # noqa: S608 - our own text
_NEXT: Final = """
select id, url, depth from knowledge_crawledpage
where crawl_id = %s and content is null and error is null order by depth, position limit 1"""
_READ: Final = "select count(*) from knowledge_crawledpage where crawl_id = %s and content is not null"
_TWIN: Final = """
select exists (select from knowledge_crawledpage where crawl_id = %s and id <> %s
               and (content = %s or (url = %s and content is not null)))"""
_TIDY: Final = "delete from knowledge_crawledpage where crawl_id = %s and content is null and error is null"
_WAITING: Final = """
status = 'running' and %(most)s > (
    select count(*) from knowledge_crawl o where o.status = 'running' and o.lease_until > clock_timestamp()
)"""
# Crawls that were given up say so; old ones go: their pages were looked through long ago.
_SWEEP: Final = (
    "update knowledge_crawl set status = 'failed', completed_at = now() where status = 'running' and error is not null",
    """delete from knowledge_crawledpage p using knowledge_crawl c
    where c.id = p.crawl_id and c.completed_at < now() - interval '30 days'""",
    """delete from knowledge_crawl c where c.completed_at < now() - interval '30 days'
    and not exists (select from knowledge_crawledpage p where p.crawl_id = c.id)""",
)


@dataclass(frozen=True, slots=True)
class _Found:
    """A page waiting to be read."""

    id: UUID
    url: str
    depth: int


async def crawl_pending() -> int:
    """Goes on with crawls until none is left that nobody works on; returns how many were taken."""
    taken = 0
    while lease := await leases.claim(Crawl, _WAITING, most=MOST_AT_ONCE):
        async with leases.working(lease):
            await _crawl(lease)
        taken += 1
    for statement in _SWEEP:
        await db.execute(statement)
    return taken


async def _crawl(lease: Lease) -> None:
    row = await db.fetch_one(_PLAN, lease.key, lease.owner)
    if row is None:
        raise LeaseLost
    access = open_access(get_source("website"), None)
    walk = _Walk(lease, access, row[0], row[1])
    await walk.begin()
    left_s = settings.CRAWL_TIMEOUT_S - row[2]
    until = asyncio.get_running_loop().time() + left_s
    while asyncio.get_running_loop().time() < until and (found := await walk.next()):
        await walk.step(found)
        await lease.progress("error = null")
    await lease.release("status = 'completed', completed_at = now()")
    await db.execute(_TIDY, lease.key)


class _Walk:
    """One crawl, as the owner of its lease does it."""

    def __init__(self, lease: Lease, access: Access, url: str, options: dict[str, Any]) -> None:
        self.lease, self.access, self.url, self.options = lease, access, url, options
        self.rules = Rules(url, options["include"], options["exclude"])
        self.robots = Robots()
        self.is_first = True

    async def begin(self) -> None:
        """Reads the site's rules, and puts down where to begin; done anew by each owner."""
        self.robots = await read_robots(self.access, self.url, respected=settings.CRAWL_ROBOTS_RESPECTED)
        await self._add([self.url], depth=0)
        if self.options["use_sitemap"] and self.options["depth"]:
            listed = await read_sitemaps(self.access, self.url, self.robots)
            await self._add(self._permitted(listed), depth=1)

    async def next(self) -> _Found | None:
        """The page to be read now; None: all are read, or as many as were asked for."""
        [(read_pages,)] = await db.fetch_all(_READ, self.lease.key)
        if read_pages >= self.options["limit"]:
            return None
        row = await db.fetch_one(_NEXT, self.lease.key)
        return _Found(*row) if row else None

    async def step(self, found: _Found) -> None:
        """Reads a page, keeps it and the links on it. Raises LeaseLost."""
        await self._pause()
        try:
            page = await self._read(found)
        except AppError as error:
            await self._keep(found, error=error.message)
            return
        if page.may_follow and found.depth < self.options["depth"]:
            await self._add(self._permitted(page.links), depth=found.depth + 1)
        if not page.may_index:
            await self._keep(found, page, error=NOT_INDEXED)
        elif await self._is_twin(found, page):
            await self._keep(found, page, error=SAME)
        else:
            await self._keep(found, page, content=storable(page.text))

    async def _read(self, found: _Found) -> Page:
        if not self.robots.permit(found.url):
            raise SourceRefused(FORBIDDEN)
        try:
            seen = await visit(self.access, found.url, may_follow=self._may_follow)
        except SourceRateLimited as error:
            await asyncio.sleep(min(error.retry_after_s, LONGEST_PAUSE_S))
            seen = await visit(self.access, found.url, may_follow=self._may_follow)
        if seen.extension == "html":
            return await read(seen, only_main_content=self.options["only_main_content"])
        return await _file(seen)

    def _permitted(self, urls: Sequence[str]) -> list[str]:
        return [url for url in urls if self._may_follow(url)]

    def _may_follow(self, url: str) -> bool:
        return self.rules.permit(url) and self.robots.permit(url)

    async def _pause(self) -> None:
        if not self.is_first:
            await asyncio.sleep(max(settings.CRAWL_PAUSE_MS / 1000, self.robots.delay_s))
        self.is_first = False

    async def _is_twin(self, found: _Found, page: Page) -> bool:
        row = await db.fetch_one(_TWIN, self.lease.key, found.id, storable(page.text), page.canonical)
        return bool(row and row[0])

    async def _add(self, urls: Sequence[str], *, depth: int) -> None:
        arguments = {
            "crawl": self.lease.key,
            "owner": self.lease.owner,
            "depth": depth,
            "ids": [new_id() for _ in urls],
            "urls": list(urls),
            "room": self.options["limit"] * TRIES_PER_PAGE,
        }
        async with db.connect() as connection:
            await connection.execute((_MINE + _ADD).encode(), arguments)

    async def _keep(
        self, found: _Found, page: Page | None = None, *, content: str | None = None, error: str | None = None
    ) -> None:
        arguments = {
            "crawl": self.lease.key,
            "owner": self.lease.owner,
            "page": found.id,
            "title": storable(page.title) if page else "",
            "description": storable(page.description) if page else "",
            "content": content,
            "error": error,
        }
        async with db.connect() as connection:
            row = await (await connection.execute(_KEEP.encode(), arguments)).fetchone()
        if not row or not row[0]:
            raise LeaseLost


async def _file(seen: Visited) -> Page:
    """A file of a site, such as a PDF, read as an upload would be."""
    text = (await extraction.extract(seen.data, seen.extension)).text
    if not text.strip():
        raise SourceRefused("The file contains no text.")
    return Page(name_of(seen.url), "", text, (), None)
