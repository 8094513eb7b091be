"""XML parts to lines of text, in one pass and without a tree.

Expat fetches nothing from outside; a document type is refused before its entities are read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from xml.etree.ElementTree import ParseError, XMLParser

from apps.knowledge.errors import UnreadableFile

MAX_DEPTH: Final = 1_000
_MAX_SPACES: Final = 100
_PIECE: Final = 2**18
DOCTYPE: Final = "The file holds an XML document type with entities, which office files never do. It is not read."


class Target(Protocol):
    """Takes elements in the order of the text; tags without their namespace."""

    def begin(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins; attribute names without their namespace."""

    def finish(self, tag: str) -> None:
        """An element ends."""

    def text(self, text: str) -> None:
        """Characters, possibly a part only."""


class _Guard:
    """Between the parser and a target: depth, document types, namespaces."""

    def __init__(self, target: Target) -> None:
        self._target, self._depth = target, 0
        self.data = target.text

    def doctype(self, *_: object) -> None:
        raise UnreadableFile(DOCTYPE)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise UnreadableFile(f"The file's elements are nested more than {MAX_DEPTH:,} deep.")
        self._target.begin(_local(tag), {_local(name): value for name, value in attributes.items()})

    def end(self, tag: str) -> None:
        self._depth -= 1
        self._target.finish(_local(tag))

    def close(self) -> None:
        """Nothing is built."""


def feed(data: bytes, target: Target) -> None:
    """Parses a part. Raises UnreadableFile: not well-formed, with a document type, too deep."""
    parser = XMLParser(target=_Guard(target))  # noqa: S314 - see the module's first lines and _Guard
    try:
        for start in range(0, len(data), _PIECE):
            parser.feed(data[start : start + _PIECE])
        parser.close()
    except (ParseError, LookupError, ValueError) as error:
        raise UnreadableFile("The XML inside the file is damaged.") from error


def _local(name: str) -> str:
    return name.rpartition("}")[2]


class _Elements:
    """Keeps every element's tag and attributes."""

    def __init__(self) -> None:
        self.found: list[tuple[str, Mapping[str, str]]] = []

    def begin(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.found.append((tag, attributes))

    def finish(self, tag: str) -> None:
        """Nothing."""

    def text(self, text: str) -> None:
        """Nothing."""


def elements(data: bytes) -> Sequence[tuple[str, Mapping[str, str]]]:
    """Tag and attributes of all elements of a (small) part, in order. Raises UnreadableFile."""
    target = _Elements()
    feed(data, target)
    return target.found


@dataclass(frozen=True, slots=True)
class Markup:
    """What a format calls the things that matter.

    Args:
        texts: elements whose characters count; empty: all within a paragraph.
        skipped: elements that are passed over with all they hold.
        heading: tag and attribute that give a paragraph's level as their last digit.
    """

    paragraphs: frozenset[str]
    texts: frozenset[str]
    tabs: frozenset[str]
    breaks: frozenset[str]
    row: str
    cell: str
    skipped: frozenset[str]
    heading: tuple[str, str] = ("", "")


class Lines:
    """Paragraphs as lines, headings with `#`, a table's row as one line with ` | ` between its cells."""

    def __init__(self, markup: Markup) -> None:
        self._markup = markup
        self._skipping = self._taking = 0
        self._paragraph: list[str] = []
        self._level = 0
        # The lines at the top; then for each open row its cells; for each open cell its lines.
        self._open: list[list[str]] = [[]]

    def begin(self, tag: str, attributes: Mapping[str, str]) -> None:
        """See Target."""
        markup = self._markup
        if self._skipping or tag in markup.skipped:
            self._skipping += 1
            return
        if tag == markup.heading[0]:
            self._level = _level(attributes.get(markup.heading[1], ""))
        if tag in markup.paragraphs or tag == markup.row or tag == markup.cell:
            self._flush(keep_level=tag == markup.heading[0])
        if tag in (markup.texts or markup.paragraphs):
            self._taking += 1
        elif tag in markup.tabs:
            self._paragraph.append("\t")
        elif tag in markup.breaks:
            self._paragraph.append("\n")
        elif tag in {markup.row, markup.cell}:
            self._open.append([])
        elif tag == "s":
            count = attributes.get("c", "1")
            self._paragraph.append(" " * min(int(count) if count.isdecimal() else 1, _MAX_SPACES))

    def finish(self, tag: str) -> None:
        """See Target."""
        markup = self._markup
        if self._skipping:
            self._skipping -= 1
            return
        if tag in (markup.texts or markup.paragraphs):
            self._taking -= 1
        if tag in markup.paragraphs or tag == markup.row or tag == markup.cell:
            self._flush()
        if tag in {markup.row, markup.cell} and len(self._open) > 1:
            parts = self._open.pop()
            line = " | ".join(parts) if tag == markup.row else " ".join(parts)
            if tag == markup.cell or line.strip(" |"):
                self._open[-1].append(line)

    def text(self, text: str) -> None:
        """See Target."""
        if self._taking and not self._skipping:
            self._paragraph.append(text)

    def result(self) -> str:
        """All lines so far."""
        self._flush()
        return "\n".join(self._open[0])

    def _flush(self, *, keep_level: bool = False) -> None:
        text = "".join(self._paragraph).strip()
        if text:
            self._open[-1].append(f"{'#' * self._level} {text}" if self._level else text)
        self._paragraph = []
        if not keep_level:
            self._level = 0


def _level(style: str) -> int:
    """1 to 6 for `Heading2` or `2`; 0 for other styles."""
    head, digit = style[:-1].lower(), style[-1:]
    return int(digit) if head in {"", "heading"} and digit in set("123456") else 0
