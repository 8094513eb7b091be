"""JSON lines: each line is a segment."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from apps.knowledge.contracts import Extracted, Extractor, Record, extractors
from apps.knowledge.errors import UnreadableFile

from ._decode import decode


@extractors.register
class JsonLines(Extractor):
    """Objects with `content` or `text`, and optionally `answer`, `keywords` and `metadata`; or plain strings.

    What all lines say alike in `metadata` is the document's; what they say apart is the segment's.
    """

    key: ClassVar[str] = "jsonl"
    label: ClassVar[str] = "JSON lines"
    isolated: ClassVar[bool] = False
    extensions: ClassVar[frozenset[str]] = frozenset({"jsonl"})

    def extract(self, data: bytes) -> Extracted:
        """See the base class."""
        lines = enumerate(decode(data).split("\n"), 1)
        values = [_object(line, number) for number, line in lines if line.strip()]
        shared = _shared(values)
        return Extracted(records=[_record(value, shared) for value in values], metadata=shared)


def _object(line: str, number: int) -> Mapping[str, Any]:
    """A line as an object with its passage under `content`."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UnreadableFile(f"Line {number} is not JSON.") from error
    if isinstance(value, str):
        value = {"content": value}
    content = (value.get("content") or value.get("text")) if isinstance(value, dict) else None
    if not isinstance(content, str):
        raise UnreadableFile(f'Line {number} has neither "content" nor "text".')
    return {**value, "content": content}


def _record(value: Mapping[str, Any], shared: Mapping[str, Any]) -> Record:
    answer, keywords = value.get("answer"), value.get("keywords")
    own = {name: said for name, said in _metadata(value).items() if name not in shared and _is_plain(said)}
    return Record(
        value["content"],
        answer if isinstance(answer, str) else None,
        [str(word) for word in keywords] if isinstance(keywords, list) else None,
        metadata=own or None,
    )


def _metadata(value: Mapping[str, Any]) -> Mapping[str, Any]:
    found = value.get("metadata")
    return found if isinstance(found, dict) else {}


def _shared(values: Sequence[Mapping[str, Any]]) -> dict[str, str | int | float]:
    """What the metadata of all lines has in common."""
    shared: Mapping[str, Any] | None = None
    for value in values:
        found = _metadata(value)
        shared = found if shared is None else {name: text for name, text in shared.items() if found.get(name) == text}
    return {name: value for name, value in (shared or {}).items() if _is_plain(value)}


def _is_plain(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return isinstance(value, str) or is_number
