"""Rich text."""

from typing import ClassVar

from apps.knowledge.contracts import Extracted, Extractor, extractors
from apps.knowledge.errors import UnreadableFile


@extractors.register
class Rtf(Extractor):
    """The text without its formatting."""

    key: ClassVar[str] = "rtf"
    label: ClassVar[str] = "Rich text"
    extensions: ClassVar[frozenset[str]] = frozenset({"rtf"})

    def extract(self, data: bytes) -> Extracted:
        """See the base class."""
        from striprtf.striprtf import rtf_to_text

        if not data.lstrip().startswith(b"{\\rtf"):
            raise UnreadableFile("This is no RTF file, or it is damaged.")
        text = rtf_to_text(data.decode("latin-1"), errors="ignore")  # type: ignore[no-untyped-call]  # no types there
        return Extracted(text)
