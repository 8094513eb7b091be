"""OpenDocument texts and slides."""

from typing import ClassVar, Final

from apps.knowledge.contracts import Extracted, Extractor, extractors

from ._package import Package
from ._xml import Lines, Markup, feed

_MARKUP: Final = Markup(
    paragraphs=frozenset({"p", "h"}),
    texts=frozenset(),
    tabs=frozenset({"tab"}),
    breaks=frozenset({"line-break"}),
    row="table-row",
    cell="table-cell",
    skipped=frozenset({"tracked-changes", "annotation", "page-number", "forms"}),
    heading=("h", "outline-level"),
)


@extractors.register
class OpenDocument(Extractor):
    """Paragraphs as lines, headings with `#`, tables row by row."""

    key: ClassVar[str] = "odt"
    label: ClassVar[str] = "OpenDocument"
    extensions: ClassVar[frozenset[str]] = frozenset({"odt", "odp"})

    def extract(self, data: bytes) -> Extracted:
        """See the base class."""
        lines = Lines(_MARKUP)
        feed(Package(data, ".odt").read("content.xml"), lines)
        return Extracted(lines.result())
