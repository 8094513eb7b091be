"""Comma-separated values."""

import csv
import io
from collections.abc import Iterator
from typing import ClassVar, Final

from apps.knowledge.contracts import Extracted, Extractor, extractors
from apps.knowledge.errors import UnreadableFile

from ._decode import decode
from ._tables import checked, records

_DELIMITERS: Final = ",;\t|"


@extractors.register
class Csv(Extractor):
    """Each row below the header is a record; separators are comma, semicolon, tabulator or `|`."""

    key: ClassVar[str] = "csv"
    label: ClassVar[str] = "CSV"
    extensions: ClassVar[frozenset[str]] = frozenset({"csv", "tsv"})

    def extract(self, data: bytes) -> Extracted:
        """See the base class."""
        text = decode(data).replace("\0", "")
        return Extracted(records=checked(records(_rows(text))))


def _rows(text: str) -> Iterator[list[str]]:
    first = next((line for line in io.StringIO(text) if line.strip()), "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(_DELIMITERS, key=first.count))
    try:
        yield from reader
    except csv.Error as error:
        raise UnreadableFile(
            f"Line {reader.line_num:,} has a cell of more than {csv.field_size_limit():,} characters. "
            "Perhaps a quotation mark was never closed."
        ) from error
