"""What a web page is about, without the menus, banners and footers around it. In time linear in the page's size."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_AROUND: Final = frozenset({"nav", "footer", "aside", "form", "dialog", "button", "menu", "select"})
_AROUND_ROLES: Final = frozenset(
    "navigation banner contentinfo complementary search dialog alert alertdialog menu menubar".split()
)
# Words in class names and ids by which sites mark what is not the text. Whole words: "header" is not "headers".
_MARKS: Final = re.compile(
    r"(?:^|[\s_-])(?:ads?|advert|advertisement|banner|breadcrumbs?|comments?|cookies?|consent|disqus|footer|menu|modal"
    r"|nav|navbar|newsletter|pagination|pager|popup|promo|related|share|sharing|sidebar|skip|social|sponsored"
    r"|subscribe|toc|widget)(?=$|[\s_-])",
    re.IGNORECASE,
)
_TEXT_PARTS: Final = frozenset({"main", "article", "body"})
_BOXES: Final = frozenset({"article", "section", "div", "td", "main"})
_PROSE: Final = frozenset({"p", "li", "pre", "blockquote", "td", "dd", "dt", "h1", "h2", "h3", "h4"})
# Characters from which on a part that is named as the text, or holds most of the prose, is taken for it.
ENOUGH: Final = 200
MOST_OF_THE_PAGE: Final = 0.6
MOST_OF_THE_PROSE: Final = 0.8
# A list of links is not content, however long.
MOST_LINKS: Final = 0.5


@dataclass(slots=True)
class _Box:
    """An element with the characters of text in it: all, those in links, those in paragraphs and the like."""

    node: "LexborNode"
    parent: "_Box | None"
    is_inside_text: bool
    text: int = 0
    links: int = 0
    prose: int = 0

    @property
    def tag(self) -> str:
        return self.node.tag or ""

    @property
    def is_mostly_links(self) -> bool:
        return self.links > self.text * MOST_LINKS


def main_part(body: "LexborNode") -> "LexborNode":
    """Takes from a page what stands around its text; returns the part that is the text, else all that is left."""
    for node in _around(_measure(body)):
        node.decompose()
    boxes = _measure(body)
    return (_named(boxes) or _densest(boxes) or boxes[0]).node


def _measure(body: "LexborNode") -> list[_Box]:
    """All elements in document order, without recursion: pages may be nested as deeply as they like."""
    boxes: list[_Box] = []
    todo: list[tuple[LexborNode, _Box | None]] = [(body, None)]
    while todo:
        node, parent = todo.pop()
        if node.is_text_node:
            if parent is not None:
                parent.text += len((node.text_content or "").strip())
            continue
        inside = parent is not None and (parent.is_inside_text or parent.tag in {"main", "article"})
        box = _Box(node, parent, inside)
        boxes.append(box)
        todo += [(child, box) for child in reversed(list(_children(node)))]
    for box in reversed(boxes):
        _add_up(box)
    return boxes


def _children(node: "LexborNode") -> "Iterator[LexborNode]":
    child = node.first_child
    while child is not None:
        yield child
        child = child.next


def _add_up(box: _Box) -> None:
    if box.tag == "a":
        box.links = box.text
    if box.tag in _PROSE:
        box.prose = box.text
    if box.parent is not None:
        box.parent.text += box.text
        box.parent.links += box.links
        box.parent.prose += box.prose


def _around(boxes: list[_Box]) -> "list[LexborNode]":
    """The outermost of the elements that are not the text."""
    page = boxes[0].text
    gone: set[int] = set()
    found = []
    for box in boxes:
        if box.parent is not None and box.parent.node.mem_id in gone:
            gone.add(box.node.mem_id)
        elif _is_around(box) and not (box.text > page * MOST_OF_THE_PAGE and not box.is_mostly_links):
            # The exception: some sites wrap all of a page in a form, or in a box called `page-with-sidebar`.
            gone.add(box.node.mem_id)
            found.append(box.node)
    return found


def _is_around(box: _Box) -> bool:
    if box.tag in _TEXT_PARTS:
        return False
    if box.tag in _AROUND or (box.tag == "header" and not box.is_inside_text):
        return True
    told = box.node.attributes
    if not told:
        return False
    if "hidden" in told or told.get("aria-hidden") == "true" or told.get("role") in _AROUND_ROLES:
        return True
    return bool(_MARKS.search(f"{told.get('class') or ''} {told.get('id') or ''}"))


def _named(boxes: list[_Box]) -> _Box | None:
    return _only(boxes, {"main"}) or _only(boxes, {"article"})


def _only(boxes: list[_Box], tags: Collection[str]) -> _Box | None:
    """The one element of this name. Several articles are a list of articles, whose common parent is wanted."""
    found = [box for box in boxes if box.tag in tags or (box.node.attributes.get("role") in tags)]
    return found[0] if len(found) == 1 and found[0].text >= ENOUGH else None


def _densest(boxes: list[_Box]) -> _Box | None:
    """The innermost box that holds most of the prose."""
    total = boxes[0].prose
    if total < ENOUGH:
        return None
    fitting = [
        box for box in boxes if box.tag in _BOXES and box.prose >= total * MOST_OF_THE_PROSE and not box.is_mostly_links
    ]
    # In document order, and all hold most of the prose: each lies within the one before.
    return fitting[-1] if fitting else None
