"""Plain text."""

from typing import ClassVar

from apps.knowledge.contracts import Extracted, Extractor, extractors

from ._decode import decode


@extractors.register
class PlainText(Extractor):
    """Text as it stands."""

    key: ClassVar[str] = "plain"
    label: ClassVar[str] = "Text"
    isolated: ClassVar[bool] = False
    extensions: ClassVar[frozenset[str]] = frozenset({"txt", "vtt", "properties"})

    def extract(self, data: bytes) -> Extracted:
        """See the base class."""
        return Extracted(decode(data))
