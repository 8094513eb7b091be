"""Passages from a CSV file, added to an indexed document by a worker.

The file is checked as a whole before anything is written, and is taken whole or not at all: what was put right can be
sent again without leaving anything twice.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from django.conf import settings

from apps.common.errors import InvalidParam, PayloadTooLarge
from apps.knowledge.choices import DocForm
from apps.knowledge.contracts import Record
from apps.knowledge.errors import UnreadableFile
from apps.knowledge.extractors._csv import numbered_rows
from apps.knowledge.models import Document
from apps.workspaces.models import User

from .passages import add_passages, check_editable, check_record, drafts_of

# What people call the columns, in lower case.
COLUMNS: Final[Mapping[str, frozenset[str]]] = {
    "content": frozenset(
        {
            "content", "contents", "text", "segment", "segment content", "chunk", "chunk content", "passage",
            "question", "questions", "q", "内容", "分段内容", "文本", "问题", "問題", "質問", "テキスト",
        }
    ),
    "answer": frozenset({"answer", "answers", "a", "答案", "回答", "答え"}),
    "keywords": frozenset({"keywords", "keyword", "key words", "tags", "关键词", "关键字", "關鍵字", "キーワード"}),
}  # fmt: skip
_SEPARATORS: Final = re.compile(r"[,;|\n，、；]")
_SHOWN: Final = 10
NO_CONTENT: Final = (
    "The first row must name the columns: content (or question), and where there are such, answer and keywords."
)


def import_segments(*, document: Document, data: bytes, user: User | None = None) -> int:
    """Adds a passage for each row of a CSV file at the document's end, as `add_passages` does; returns how many.

    Args:
        data: the file, in any encoding and with any separator a CSV document may have. Its first row names the
            columns; keywords are separated by commas, semicolons or `|` within their cell.

    Raises:
        PayloadTooLarge: the file is over `UPLOAD_FILE_SIZE_LIMIT`.
        UnreadableFile: the file is no such table, or rows are not valid; they are named by their line.
        InvalidParam, ArchivedDocumentImmutable, ProviderError, NotFound.
    """
    check_editable(document)
    if len(data) > settings.UPLOAD_FILE_SIZE_LIMIT << 20:
        raise PayloadTooLarge(f"The file is over {settings.UPLOAD_FILE_SIZE_LIMIT} MB.")
    drafts = drafts_of(document, _records(document, data))
    add_passages(document=document, drafts=drafts, user=user, action="segment.import")
    return len(drafts)


def template(document: Document) -> str:
    """A CSV file to be filled in: the columns that suit the document's form, and one row of an example."""
    text = io.StringIO()
    writer = csv.writer(text)
    if document.doc_form == DocForm.QA:
        writer.writerow(["question", "answer", "keywords"])
        writer.writerow(["When are you open?", "From nine to five, on all days but Sunday.", "opening hours, Sunday"])
    else:
        writer.writerow(["content", "keywords"])
        writer.writerow(["We are open from nine to five, on all days but Sunday.", "opening hours, Sunday"])
    return text.getvalue()


def _records(document: Document, data: bytes) -> list[Record]:
    records: list[Record] = []
    problems: list[str] = []
    for line, fields in _rows(data):
        if len(records) == settings.SEGMENT_IMPORT_MAX_ROWS:
            raise UnreadableFile(f"The file has more than {len(records):,} rows. Split it and import it in parts.")
        try:
            records.append(check_record(document, fields))
        except InvalidParam as error:
            problems.append(f"Line {line:,}: {error.message}.")
    if problems:
        more = f" {len(problems) - _SHOWN:,} more lines are not valid." if len(problems) > _SHOWN else ""
        raise UnreadableFile(f"Nothing was imported. {' '.join(problems[:_SHOWN])}{more}")
    if not records:
        raise UnreadableFile("The file has no row below its first one, which names the columns.")
    return records


def _rows(data: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line and named fields of each row below the header; rows without any text are passed over."""
    columns: Mapping[str, int] | None = None
    for line, row in numbered_rows(data):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if columns is None:
            columns = _columns(cells)
        else:
            yield line, _fields(columns, cells)


def _columns(cells: Sequence[str]) -> Mapping[str, int]:
    """Where each known column stands. Raises UnreadableFile: none holds the content."""
    names = [" ".join(cell.lower().replace("_", " ").split()) for cell in cells]
    places = {
        field: place
        for field, known in COLUMNS.items()
        if (place := next((place for place, name in enumerate(names) if name in known), None)) is not None
    }
    if "content" not in places:
        raise UnreadableFile(NO_CONTENT)
    return places


def _fields(columns: Mapping[str, int], cells: Sequence[str]) -> dict[str, Any]:
    found = {field: cells[place] if place < len(cells) else "" for field, place in columns.items()}
    fields: dict[str, Any] = {"content": found["content"], "answer": found.get("answer") or None}
    words = [word for word in map(str.strip, _SEPARATORS.split(found.get("keywords", ""))) if word]
    return {**fields, "keywords": words or None}
