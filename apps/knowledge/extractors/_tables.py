"""Rows to records: the first row names the columns, each other row becomes lines of `column: value`."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from apps.knowledge.contracts import Record
from apps.knowledge.errors import UnreadableFile

MAX_CELLS: Final = 1_000
HEADER_ONLY: Final = "The table has no row below its first one, which names the columns."


def records(rows: Iterable[Sequence[str]]) -> Iterator[Record]:
    """Records of one table. Empty rows and cells are passed over; a cell without a column's name stands alone.

    Raises:
        UnreadableFile: a row with more than MAX_CELLS filled cells.
    """
    names: list[str] | None = None
    for number, row in enumerate(rows, 1):
        cells = [cell.strip() for cell in row]
        filled = sum(map(bool, cells))
        if filled > MAX_CELLS:
            raise UnreadableFile(f"Row {number:,} has {filled:,} filled cells; a row may have {MAX_CELLS:,}.")
        if not filled:
            continue
        if names is None:
            names = [" ".join(cell.split()) for cell in cells]
        else:
            yield Record("\n".join(_lines(names, cells)))


def _lines(names: Sequence[str], cells: Sequence[str]) -> Iterator[str]:
    for position, cell in enumerate(cells):
        name = names[position] if position < len(names) else ""
        if cell:
            yield f"{name}: {cell}" if name else cell


def checked(found: Iterable[Record]) -> Sequence[Record]:
    """All records. Raises UnreadableFile where there is none."""
    found = list(found)
    if not found:
        raise UnreadableFile(HEADER_ONLY)
    return found
