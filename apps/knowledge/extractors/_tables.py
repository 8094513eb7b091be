"""Rows to records: the first row names the columns, each other row becomes lines of `column: value`.

A table with a column for questions and one for answers says so, for documents of questions and answers.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from apps.knowledge.contracts import Record
from apps.knowledge.errors import UnreadableFile

MAX_CELLS: Final = 1_000
_QUESTION: Final = frozenset({"question", "q", "\u95ee\u9898", "\u554f\u984c", "\u8cea\u554f"})
_ANSWER: Final = frozenset({"answer", "a", "\u7b54\u6848", "\u56de\u7b54"})
HEADER_ONLY: Final = "The table has no row below its first one, which names the columns."


def records(rows: Iterable[Sequence[str]]) -> Iterator[Record]:
    """Records of one table. Empty rows and cells are passed over; a cell without a column's name stands alone.

    Raises:
        UnreadableFile: a row with more than MAX_CELLS filled cells.
    """
    names: list[str] | None = None
    asked = answered = None
    for number, row in enumerate(rows, 1):
        cells = [cell.strip() for cell in row]
        filled = sum(map(bool, cells))
        if filled > MAX_CELLS:
            raise UnreadableFile(f"Row {number:,} has {filled:,} filled cells; a row may have {MAX_CELLS:,}.")
        if not filled:
            continue
        if names is None:
            names = [" ".join(cell.split()) for cell in cells]
            asked, answered = _column(names, _QUESTION), _column(names, _ANSWER)
        else:
            pair = None if asked is None or answered is None else (_cell(cells, asked), _cell(cells, answered))
            yield Record("\n".join(_lines(names, cells)), pair=pair)


def _lines(names: Sequence[str], cells: Sequence[str]) -> Iterator[str]:
    for position, cell in enumerate(cells):
        name = names[position] if position < len(names) else ""
        if cell:
            yield f"{name}: {cell}" if name else cell


def _column(names: Sequence[str], wanted: Collection[str]) -> int | None:
    return next((position for position, name in enumerate(names) if name.casefold() in wanted), None)


def _cell(cells: Sequence[str], position: int) -> str:
    return cells[position] if position < len(cells) else ""


def checked(found: Iterable[Record]) -> Sequence[Record]:
    """All records. Raises UnreadableFile where there is none."""
    found = list(found)
    if not found:
        raise UnreadableFile(HEADER_ONLY)
    return found
