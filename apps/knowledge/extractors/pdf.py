"""PDF."""

import re
from typing import ClassVar, Final

from apps.knowledge.contracts import Extracted, Extractor, extractors
from apps.knowledge.errors import UnreadableFile

from ._pages import joined

# PDFium marks where a word was divided at a line's end.
_DIVIDED: Final = re.compile(r"[\ufffe\x02]\s*")
_LOCKED: Final = "The PDF is protected by a password. Save it without one and upload it again."
_BROKEN: Final = "This is no PDF file, or it is damaged."
_PICTURES: Final = (
    "The PDF holds pictures of pages only, no text. Run text recognition (OCR) on it and upload it again."
)


@extractors.register
class Pdf(Extractor):
    """The text layer page by page."""

    key: ClassVar[str] = "pdf"
    label: ClassVar[str] = "PDF"
    extensions: ClassVar[frozenset[str]] = frozenset({"pdf"})

    def extract(self, data: bytes) -> Extracted:
        """See the base class."""
        import pypdfium2

        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            raise UnreadableFile(_LOCKED if "password" in str(error).lower() else _BROKEN) from error
        pages, broken = [], 0
        for number in range(len(document)):
            try:
                pages.append(_page(document[number]))
            except pypdfium2.PdfiumError:
                pages.append("")
                broken += 1
        if not any(pages):
            raise UnreadableFile(_PICTURES if len(pages) > broken else _BROKEN)
        return joined(pages, "\n")


def _page(page: object) -> str:
    words = page.get_textpage()  # type: ignore[attr-defined]  # the library has no types
    text = _DIVIDED.sub("", words.get_text_bounded()).replace("\r\n", "\n").strip()
    words.close()
    page.close()  # type: ignore[attr-defined]  # as above
    return text
