"""Pages of the web. A whole site is walked through by a crawl (`services.crawling`), whose pages are read as here."""

import asyncio
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

from apps.common import http
from apps.common.errors import InvalidParam
from apps.knowledge.errors import SourceRefused, UnreadableFile
from apps.knowledge.source_contract import Access, Content, Listing, Source, SourceItem, digest_of, sources
from apps.knowledge.web.page import Page, canonical_url, read_page
from apps.knowledge.web.visit import Visited, visit


@sources.register
class Website(Source):
    """A page as Markdown: its main content, or with `only_main_content` false all of it. PDF files come as they are.

    An item is a URL. Browsing lists a page and the pages of its site that it links to.
    """

    key: ClassVar[str] = "website"
    label: ClassVar[str] = "Web site"
    data_source_type: ClassVar[str] = "website_crawl"

    def accept(self, access: Access, item: str) -> str:
        """See the base class."""
        return checked_url(access, item)

    async def browse(self, access: Access, query: str = "", cursor: str | None = None) -> Listing:
        """See the base class. `query` is the page's URL."""
        url = checked_url(access, query)
        seen = await visit(access, url)
        if seen.extension != "html":
            return Listing([SourceItem(url, seen.extension, name_of(url))])
        page = await read(seen, only_main_content=True)
        host = urlsplit(seen.url).netloc
        links = [link for link in page.links if urlsplit(link).netloc == host and link != url]
        first = SourceItem(url, "page", page.title or name_of(url))
        return Listing([first, *(SourceItem(link, "page", name_of(link), parent=url) for link in links)])

    async def fetch(
        self, access: Access, item: str, *, info: Mapping[str, Any], known_version: str = ""
    ) -> Content | None:
        """See the base class."""
        url = checked_url(access, item)
        seen = await visit(access, url)
        title, description, data, extension = name_of(url), "", seen.data, seen.extension
        if extension == "html":
            page = await read(seen, only_main_content=bool(info.get("only_main_content", True)))
            title, description = page.title or title, page.description
            data, extension = page.text.encode("utf-8", "replace"), "md"
        version = digest_of(data)
        if version == known_version:
            return None
        about = {"url": url, "title": title, "description": description}
        return Content(title, data, extension, version, about)


def checked_url(access: Access, text: str) -> str:
    """A URL in its one spelling. Raises InvalidParam: it is none. AddressBlocked: it may not be called."""
    url = canonical_url(text)
    if url is None:
        raise InvalidParam("Write the page's address: https://…", params="url")
    http.check_url(url, private_allowed=access.may_be_private(url))
    return url


async def read(seen: Visited, *, only_main_content: bool) -> Page:
    """A visited page taken apart; in a thread, for large pages take their time. Raises SourceRefused."""
    try:
        page = await asyncio.to_thread(read_page, seen.data, seen.url, only_main_content=only_main_content)
    except UnreadableFile as error:
        raise SourceRefused(error.message) from error
    except UnicodeError as error:
        raise SourceRefused("The page's characters cannot be read.") from error
    if not page.text:
        raise SourceRefused("The page holds no text; it may be drawn by scripts, which are not run.")
    return page


def name_of(url: str) -> str:
    """A name for a page that tells none: the end of its path, or its host."""
    parts = urlsplit(url)
    return unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.netloc
