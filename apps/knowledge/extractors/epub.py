"""E-books."""

from collections.abc import Sequence
from typing import ClassVar

from apps.knowledge.contracts import Extracted, Extractor, extractors

from ._html import text_of_html
from ._package import Package, resolve
from ._xml import elements


@extractors.register
class Epub(Extractor):
    """The chapters in the order of the book's spine."""

    key: ClassVar[str] = "epub"
    label: ClassVar[str] = "EPUB"
    extensions: ClassVar[frozenset[str]] = frozenset({"epub"})

    def extract(self, data: bytes) -> Extracted:
        """See the base class."""
        package = Package(data, ".epub")
        chapters = (text_of_html(package.read(name)) for name in _chapters(package))
        return Extracted("\n\n".join(filter(None, chapters)))


def _chapters(package: Package) -> Sequence[str]:
    container = elements(package.read("META-INF/container.xml"))
    book = next((found.get("full-path", "") for tag, found in container if tag == "rootfile"), "")
    parts = elements(package.read(book))
    files = {found.get("id"): resolve(book, found.get("href", "")) for tag, found in parts if tag == "item"}
    spine = [files.get(found.get("idref"), "") for tag, found in parts if tag == "itemref"]
    return [name for name in dict.fromkeys(spine) if name in package.names]
