"""Markdown."""

from typing import ClassVar

from apps.knowledge.contracts import Extracted, Extractor, extractors

from ._decode import decode


@extractors.register
class Markdown(Extractor):
    """Markdown keeps its marks: headings, lists and tables mean something to a model and cost little."""

    key: ClassVar[str] = "markdown"
    label: ClassVar[str] = "Markdown"
    isolated: ClassVar[bool] = False
    extensions: ClassVar[frozenset[str]] = frozenset({"md", "markdown", "mdx"})

    def extract(self, data: bytes) -> Extracted:
        """See the base class."""
        return Extracted(decode(data))
