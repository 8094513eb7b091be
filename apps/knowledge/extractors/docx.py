"""Word documents (Office Open XML)."""

from typing import ClassVar, Final

from apps.knowledge.contracts import Extracted, Extractor, extractors

from ._package import Package, resolve
from ._xml import Lines, Markup, elements, feed

_MARKUP: Final = Markup(
    paragraphs=frozenset({"p"}),
    texts=frozenset({"t"}),
    tabs=frozenset({"tab"}),
    breaks=frozenset({"br", "cr"}),
    row="tr",
    cell="tc",
    # Positions of tabulators; a second form of what stands beside it; deleted and moved text of tracked changes.
    skipped=frozenset({"tabs", "Fallback", "del", "moveFrom"}),
    heading=("pStyle", "val"),
)


@extractors.register
class Docx(Extractor):
    """Paragraphs as lines, headings with `#`, tables row by row; macros, pictures and comments are passed over."""

    key: ClassVar[str] = "docx"
    label: ClassVar[str] = "Word"
    extensions: ClassVar[frozenset[str]] = frozenset({"docx", "docm"})

    def extract(self, data: bytes) -> Extracted:
        """See the base class."""
        package = Package(data, ".docx")
        lines = Lines(_MARKUP)
        feed(package.read(_main_part(package)), lines)
        return Extracted(lines.result())


def _main_part(package: Package) -> str:
    """The document's part as the package names it; Word's own name where it does not."""
    links = elements(package.read("_rels/.rels")) if "_rels/.rels" in package.names else ()
    for _, link in links:
        if link.get("Type", "").endswith("/officeDocument"):
            return resolve("", link.get("Target", "").lstrip("/"))
    return "word/document.xml"
