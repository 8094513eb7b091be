"""Which addresses of a site a crawl may read: its own rules, and the site's (robots.txt, RFC 9309)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import translate
from functools import cached_property
from typing import Final
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from apps.common import http, product
from apps.common.errors import AppError
from apps.knowledge.source_contract import Access

from .page import canonical_url

MAX_ROBOTS_BYTES: Final = 512 * 1024
MAX_SITEMAP_BYTES: Final = 5 * 2**20
MAX_SITEMAPS: Final = 5
LONGEST_DELAY_S: Final = 10.0
_LOCATION: Final = re.compile(rb"<loc>\s*([^<\s]{1,2000})\s*</loc>", re.IGNORECASE)
_FILES: Final = re.compile(
    r"\.(?:7z|avi|bmp|bz2|css|dmg|exe|gif|gz|ico|iso|jpe?g|js|json|mov|mp[34]|ogg|png|rar|rss|svg|tar|tgz|tiff?|ttf|wasm"
    r"|wav|web[mp]|woff2?|xml|zip|docx?|xlsx?|pptx?)$",
    re.IGNORECASE,
)
# Rules that cannot be reached forbid everything (RFC 9309 2.3.1.4).
_FORBID_ALL: Final = ("User-agent: *", "Disallow: /")
# Calendars and shops make addresses without end: the same names over and over, or a path that repeats itself.
MAX_PARTS: Final = 12
MAX_REPEATS: Final = 3


@dataclass(frozen=True)
class Rules:
    """What the person who crawls has said.

    Args:
        include, exclude: patterns of paths without the first `/`, in which `*` stands for anything; no `include`: all.
    """

    start: str
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()

    @cached_property
    def _patterns(self) -> tuple[list[re.Pattern[str]], list[re.Pattern[str]]]:
        def compiled(patterns: Sequence[str]) -> list[re.Pattern[str]]:
            return [re.compile(translate(pattern.strip().lstrip("/"))) for pattern in patterns if pattern.strip()]

        return compiled(self.include), compiled(self.exclude)

    def permit(self, url: str) -> bool:
        """Whether the page belongs to the crawl."""
        if url == self.start:
            return True
        return same_site(url, self.start) and not _is_endless(url) and self._matches(url)

    def _matches(self, url: str) -> bool:
        parts = urlsplit(url)
        path = parts.path.lstrip("/")
        whole = f"{path}?{parts.query}" if parts.query else path
        if _FILES.search(parts.path):
            return False
        include, exclude = self._patterns
        if any(pattern.match(path) or pattern.match(whole) for pattern in exclude):
            return False
        return not include or any(pattern.match(path) or pattern.match(whole) for pattern in include)


def same_site(url: str, other: str) -> bool:
    """Whether two addresses are of one host; `www.` makes no difference, nor does TLS."""
    return _host(url) == _host(other)


def _host(url: str) -> str:
    parts = urlsplit(url)
    return parts.netloc.removeprefix("www.")


def _is_endless(url: str) -> bool:
    names = [part for part in urlsplit(url).path.split("/") if part]
    return len(names) > MAX_PARTS or any(names.count(name) > MAX_REPEATS for name in set(names))


@dataclass(frozen=True, slots=True)
class Robots:
    """A site's robots.txt.

    Args:
        parser: None: there are no rules.
        sitemaps: their URLs.
    """

    parser: RobotFileParser | None = None
    sitemaps: Sequence[str] = field(default_factory=tuple)

    def permit(self, url: str) -> bool:
        """Whether the site lets this product read the page."""
        return self.parser is None or self.parser.can_fetch(product.NAME, url)

    @property
    def delay_s(self) -> float:
        """The pause the site asks for between two pages, at most 10 seconds."""
        asked = self.parser.crawl_delay(product.NAME) if self.parser else None
        return min(float(asked or 0), LONGEST_DELAY_S)


async def read_robots(access: Access, url: str, *, respected: bool) -> Robots:
    """The robots.txt of a URL's site.

    Args:
        respected: False: only its sitemaps count.
    """
    parts = urlsplit(url)
    answer = await _get(access, f"{parts.scheme}://{parts.netloc}/robots.txt", MAX_ROBOTS_BYTES)
    parser = RobotFileParser()
    if answer is not None and 400 <= answer.status < 500:
        return Robots()
    try:
        if answer is None or answer.status != 200:
            raise ValueError
        parser.parse(answer.body.decode("utf-8", "replace").splitlines())
    except ValueError:  # the parser's own too, for paths that look like broken addresses
        parser.parse(_FORBID_ALL)
    named = filter(None, map(canonical_url, parser.site_maps() or ()))
    return Robots(parser if respected else None, tuple(named))


async def read_sitemaps(access: Access, url: str, robots: Robots) -> list[str]:
    """URLs of the pages that a site's sitemaps name; those of other sitemaps are read as well."""
    parts = urlsplit(url)
    todo = [*robots.sitemaps] or [f"{parts.scheme}://{parts.netloc}/sitemap.xml"]
    seen: list[str] = []
    found: dict[str, None] = {}
    while todo and len(seen) < MAX_SITEMAPS:
        place = todo.pop(0)
        if place in seen or not same_site(place, url):
            continue
        seen.append(place)
        answer = await _get(access, place, MAX_SITEMAP_BYTES)
        body = answer.body if answer is not None and answer.status == 200 else b""
        texts = (match.decode("utf-8", "replace").replace("&amp;", "&") for match in _LOCATION.findall(body))
        named = list(filter(None, map(canonical_url, texts)))
        if b"<sitemapindex" in body[:2_000]:
            todo += named
        else:
            found |= dict.fromkeys(named)
    return list(found)


async def _get(access: Access, url: str, max_bytes: int) -> http.Fetched | None:
    try:
        return await http.fetch(
            "GET", url, private_allowed=access.may_be_private(url), max_bytes=max_bytes, timeout_s=15.0
        )
    except AppError:
        return None
