"""Web pages."""

from typing import ClassVar

from apps.knowledge.contracts import Extracted, Extractor, extractors

from ._html import text_of_html


@extractors.register
class Html(Extractor):
    """The body's text; scripts, styles and menus (`nav`) are left out."""

    key: ClassVar[str] = "html"
    label: ClassVar[str] = "HTML"
    extensions: ClassVar[frozenset[str]] = frozenset({"html", "htm", "xhtml"})

    def extract(self, data: bytes) -> Extracted:
        """See the base class."""
        return Extracted(text_of_html(data))
