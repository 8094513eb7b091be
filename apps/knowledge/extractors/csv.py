"""Comma-separated values."""

from typing import ClassVar

from apps.knowledge.contracts import Extracted, Extractor, extractors

from ._csv import numbered_rows
from ._tables import checked, records


@extractors.register
class Csv(Extractor):
    """Each row below the header is a record; separators are comma, semicolon, tabulator or `|`."""

    key: ClassVar[str] = "csv"
    label: ClassVar[str] = "CSV"
    extensions: ClassVar[frozenset[str]] = frozenset({"csv", "tsv"})

    def extract(self, data: bytes) -> Extracted:
        """See the base class."""
        return Extracted(records=checked(records(row for _, row in numbered_rows(data))))
