"""JSON lines: each line is a segment."""

import json
from typing import ClassVar

from apps.knowledge.contracts import Extracted, Extractor, Record, extractors
from apps.knowledge.errors import UnreadableFile

from ._decode import decode


@extractors.register
class JsonLines(Extractor):
    """Objects with `content` or `text`, and optionally `answer` and `keywords`; or plain strings."""

    key: ClassVar[str] = "jsonl"
    label: ClassVar[str] = "JSON lines"
    isolated: ClassVar[bool] = False
    extensions: ClassVar[frozenset[str]] = frozenset({"jsonl"})

    def extract(self, data: bytes) -> Extracted:
        """See the base class."""
        lines = enumerate(decode(data).split("\n"), 1)
        return Extracted(records=[_record(line, number) for number, line in lines if line.strip()])


def _record(line: str, number: int) -> Record:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UnreadableFile(f"Line {number} is not JSON.") from error
    if isinstance(value, str):
        value = {"content": value}
    content = (value.get("content") or value.get("text")) if isinstance(value, dict) else None
    if not isinstance(content, str):
        raise UnreadableFile(f'Line {number} has neither "content" nor "text".')
    answer, keywords = value.get("answer"), value.get("keywords")
    return Record(
        content,
        answer if isinstance(answer, str) else None,
        [str(word) for word in keywords] if isinstance(keywords, list) else None,
    )
