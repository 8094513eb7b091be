"""A web page taken apart: title, description, text, links."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

from apps.common.text import storable
from apps.knowledge.errors import UnreadableFile
from apps.knowledge.extractors._html import DROPPED, decoded, text_of

from .main_content import main_part

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

MAX_URL: Final = 2_000
MAX_LINKS: Final = 1_000
MAX_TITLE: Final = 500
MAX_DESCRIPTION: Final = 2_000
# What tells visitors apart, not pages.
_TRACKING: Final = frozenset({"fbclid", "gclid", "dclid", "msclkid", "mc_cid", "mc_eid", "ref_src", "_ga", "igshid"})
_SESSIONS: Final = frozenset({"phpsessid", "jsessionid", "sid", "sessionid"})
_PORTS: Final = {"http": 80, "https": 443}
# Characters a path may hold as they are; what is written with % stays so.
_KEPT: Final = "/%:@!$&'()*+,;=~"
# A heading among the first characters is the text's own.
BEGINNING: Final = 200
# The parser's time grows with the square of the depth. Elements that need no end tag do not nest.
MAX_DEPTH: Final = 2_000
_TAGS: Final = re.compile(
    r"<(/?)(?!(?:area|base|br|col|dd|dt|embed|hr|img|input|li|link|meta|option|p|param|path|source|tbody|td|tfoot|th"
    r"|thead|tr|track|wbr)\b)[a-z][^\s/>]*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says.

    Args:
        text: Markdown.
        links: canonical URLs, each once, in the page's order.
        canonical: what the page itself says its URL is.
        may_index, may_follow: what its `robots` meta element permits.
    """

    title: str
    description: str
    text: str
    links: tuple[str, ...]
    canonical: str | None
    may_index: bool = True
    may_follow: bool = True


def read_page(data: bytes, url: str, *, only_main_content: bool) -> Page:
    """Takes a page apart.

    Args:
        url: where it was, for links relative to it.
        only_main_content: leaves menus, banners and the like out of the text; links are taken from all of it.

    Raises:
        UnreadableFile: not text, or nested too deeply.
    """
    from selectolax.lexbor import LexborHTMLParser

    html = decoded(data)
    _check_depth(html)
    tree = LexborHTMLParser(html)
    title, description = _title(tree), _meta(tree, "description") or _meta(tree, "og:description")
    links, canonical, robots = _links(tree, url), _canonical(tree, url), _meta(tree, "robots").lower()
    return Page(
        title[:MAX_TITLE],
        description[:MAX_DESCRIPTION],
        _text(tree, title, only_main_content=only_main_content),
        links,
        canonical,
        may_index="noindex" not in robots and "none" not in robots,
        may_follow="nofollow" not in robots and "none" not in robots,
    )


def canonical_url(url: str, base: str = "") -> str | None:
    """One spelling for all URLs of a page: no fragment, no tracking, sorted parameters. None: not a web address."""
    try:
        parts = urlsplit(urljoin(base, storable(url.strip())))
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not host or parts.username is not None:
        return None
    netloc = f"[{host}]" if ":" in host else host
    if port not in {None, _PORTS[parts.scheme]}:
        netloc = f"{netloc}:{port}"
    found = urlunsplit((parts.scheme, netloc, _path(parts.path), _query(parts.query), ""))
    return found if len(found) <= MAX_URL else None


def _path(path: str) -> str:
    path = quote(path.split(";jsessionid", 1)[0], safe=_KEPT)
    while "//" in path:
        path = path.replace("//", "/")
    return path or "/"


def _query(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode(sorted({(name, value) for name, value in pairs if not _tells_visitors_apart(name.lower())}))


def _tells_visitors_apart(name: str) -> bool:
    return name.startswith("utm_") or name in _TRACKING or name in _SESSIONS


def _check_depth(html: str) -> None:
    depth = 0
    for tag in _TAGS.finditer(html):
        depth += -1 if tag[1] else 1
        if depth > MAX_DEPTH:
            raise UnreadableFile("The page is nested too deeply.")


def _title(tree: "LexborHTMLParser") -> str:
    for text in (_first(tree, "title"), _meta(tree, "og:title"), _first(tree, "h1")):
        if text:
            return text
    return ""


def _first(tree: "LexborHTMLParser", selector: str) -> str:
    node = tree.css_first(selector)
    return " ".join(node.text().split()) if node is not None else ""


def _meta(tree: "LexborHTMLParser", name: str) -> str:
    for attribute in ("name", "property"):
        node = tree.css_first(f'meta[{attribute}="{name}"]')
        if node is not None:
            return " ".join((node.attributes.get("content") or "").split())
    return ""


def _links(tree: "LexborHTMLParser", url: str) -> tuple[str, ...]:
    base = tree.css_first("base[href]")
    root = urljoin(url, (base.attributes.get("href") or "").strip()) if base is not None else url
    found: dict[str, None] = {}
    for node in tree.css("a[href], area[href]"):
        rel = (node.attributes.get("rel") or "").lower()
        link = None if "nofollow" in rel else canonical_url(node.attributes.get("href") or "", root)
        if link is not None:
            found[link] = None
        if len(found) >= MAX_LINKS:
            break
    return tuple(found)


def _canonical(tree: "LexborHTMLParser", url: str) -> str | None:
    node = tree.css_first('link[rel="canonical"][href]')
    return canonical_url(node.attributes.get("href") or "", url) if node is not None else None


def _text(tree: "LexborHTMLParser", title: str, *, only_main_content: bool) -> str:
    tree.strip_tags(DROPPED)
    if tree.body is None:
        return ""
    text = text_of(main_part(tree.body) if only_main_content else tree.body)
    # The heading often stands outside of what the page marks as its text.
    return f"# {title}\n\n{text}" if text and title and "# " not in text[:BEGINNING] else text
