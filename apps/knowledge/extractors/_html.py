"""HTML to lines of text."""

import codecs
import re
from typing import TYPE_CHECKING, Final

from ._decode import decode

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

DROPPED: Final = ["head", "script", "style", "noscript", "template", "iframe", "object", "svg", "math", "nav"]
_BLOCKS: Final = frozenset(
    "address article aside blockquote body caption dd details div dl dt fieldset figcaption figure footer form h1 h2"
    " h3 h4 h5 h6 header hr legend li main ol option p pre section summary table tbody tfoot thead tr ul".split()
)
_CELLS: Final = frozenset({"td", "th"})
_HEADINGS: Final = {f"h{level}": "#" * level + " " for level in range(1, 7)}
_CHARSET: Final = re.compile(rb"""<meta[^>]{1,200}charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE)
_SPACES: Final = re.compile(r"\s+")
_GAPS: Final = re.compile(" {2,}")
# A line's end, or with \v in it an empty line too; layout of preformatted text passes in disguise.
_EDGES: Final = re.compile(r" ?[\n\v][ \n\v]*")
_PRE: Final = str.maketrans("\n ", "\x1c\x1f", "\v")
_LAYOUT: Final = str.maketrans("\x1c\x1f", "\n ")
_HEAD_BYTES: Final = 2_048


def text_of_html(data: bytes) -> str:
    """Text of a page's body: headings with `#`, list items with `-`, a table's row as one line; no scripts, no menus.

    Raises:
        UnreadableFile: not text.
    """
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(decoded(data))
    tree.strip_tags(DROPPED)
    return "" if tree.body is None else text_of(tree.body)


def decoded(data: bytes) -> str:
    """A page's bytes as text. By mark or as UTF-8 where that fits, else as the page says, else by guess."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        declared = _CHARSET.search(data, 0, _HEAD_BYTES)
    if declared:
        try:
            return data.decode(codecs.lookup(declared[1].decode()).name)
        except (LookupError, UnicodeDecodeError):
            pass
    return decode(data)


def text_of(body: "LexborNode") -> str:
    """Text of one part of a page. Walks without recursion: pages may be nested as deeply as they like."""
    parts: list[str] = []
    preformatted = 0
    node: LexborNode | None = body
    while node is not None:
        if node.is_text_node:
            text = node.text_content or ""
            parts.append(text.translate(_PRE) if preformatted else _SPACES.sub(" ", text))
        else:
            parts.append(_opening(node.tag or ""))
            preformatted += node.tag == "pre"
        if node.first_child is not None:
            node = node.first_child
            continue
        while node is not None and (node.next is None or node.mem_id == body.mem_id):
            preformatted -= node.tag == "pre"
            parts.append(_closing(node.tag or ""))
            node = None if node.mem_id == body.mem_id else node.parent
        if node is not None:
            preformatted -= node.tag == "pre"
            parts.append(_closing(node.tag or ""))
            node = node.next
    return _joined(parts)


def _opening(tag: str) -> str:
    if tag in _HEADINGS:
        return "\v" + _HEADINGS[tag]
    if tag == "li":
        return "\n- "
    return "\n" if tag in _BLOCKS or tag == "br" else ""


def _closing(tag: str) -> str:
    if tag in _CELLS:
        return " | "
    if tag in _HEADINGS or tag == "p":
        return "\v"
    return "\n" if tag in _BLOCKS else ""


def _joined(parts: list[str]) -> str:
    text = _EDGES.sub(lambda edge: "\n\n" if "\v" in edge[0] else "\n", _GAPS.sub(" ", "".join(parts)))
    lines = (line.removesuffix(" |") for line in text.split("\n") if line not in {"-", "|"})
    return "\n".join(lines).translate(_LAYOUT).strip()
