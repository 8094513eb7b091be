"""Workbooks of Excel and LibreOffice."""

import io
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, ClassVar

from apps.knowledge.contracts import Extracted, Extractor, Record, extractors
from apps.knowledge.errors import UnreadableFile

from ._tables import checked, records


@extractors.register
class Spreadsheet(Extractor):
    """Each row below a sheet's header is a record, sheet after sheet; formulas by their stored values."""

    key: ClassVar[str] = "spreadsheet"
    label: ClassVar[str] = "Spreadsheet"
    extensions: ClassVar[frozenset[str]] = frozenset({"xlsx", "xlsm", "xlsb", "xls", "ods"})

    def extract(self, data: bytes) -> Extracted:
        """See the base class."""
        import python_calamine as calamine

        try:
            with calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
                return Extracted(records=checked(_records(book)))
        except calamine.PasswordError as error:
            raise UnreadableFile("The workbook is protected by a password. Save it without one.") from error
        except (calamine.CalamineError, OSError, ValueError) as error:
            raise UnreadableFile("This is no workbook of its file type, or it is damaged.") from error


def _records(book: Any) -> Iterator[Record]:
    for name in book.sheet_names:
        sheet = book.get_sheet_by_name(name)
        yield from records([_shown(cell) for cell in row] for row in sheet.iter_rows())


def _shown(cell: object) -> str:
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds").removesuffix(" 00:00:00")
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)
