"""Rows of comma-separated values, each with the line it begins on."""

import csv
import io
from collections.abc import Iterator
from typing import Final

from apps.knowledge.errors import UnreadableFile

from ._decode import decode

_DELIMITERS: Final = ",;\t|"


def numbered_rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """Line, from 1, and cells of each row; the separator is comma, semicolon, tabulator or `|`.

    Raises:
        UnreadableFile: no text, an unknown encoding, or a cell without end.
    """
    text = decode(data).replace("\0", "")
    first = next((line for line in io.StringIO(text) if line.strip()), "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(_DELIMITERS, key=first.count))
    line = 1
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableFile(
            f"Line {reader.line_num:,} has a cell of more than {csv.field_size_limit():,} characters. "
            "Perhaps a quotation mark was never closed."
        ) from error
