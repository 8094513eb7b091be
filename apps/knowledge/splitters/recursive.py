"""The general splitter: cuts at the rule's separator first, then at ever weaker ones, and last between characters."""

from collections.abc import Iterable, Iterator
from typing import ClassVar

from apps.common.tokens import estimate_tokens
from apps.knowledge.contracts import SplitRule, Splitter, splitters

# From the strongest end of a thought to the weakest.
_SEPARATORS = ("\n\n", "\n", "\u3002", "\uff01", "\uff1f", ". ", "! ", "? ", "\uff1b", "; ", "\uff0c", ", ", " ")


@splitters.register
class RecursiveSplitter(Splitter):
    """Parts as long as the limit allows, ended where the text itself pauses."""

    key: ClassVar[str] = "recursive"
    label: ClassVar[str] = "By separator and length"

    def split(self, text: str, rule: SplitRule) -> list[str]:
        """See the base class."""
        if rule.merge:
            segments = _one_part(text, (rule.separator, *_SEPARATORS), rule)
        else:
            parts = text.split(rule.separator)
            segments = (segment for part in parts for segment in _one_part(part, _SEPARATORS, rule))
        return [stripped for segment in segments if (stripped := segment.strip())]


def _one_part(part: str, separators: tuple[str, ...], rule: SplitRule) -> Iterable[str]:
    if estimate_tokens(part) <= rule.max_tokens:
        return (part,)
    return _pack(_pieces(part, separators, rule), rule)


def _pieces(text: str, separators: tuple[str, ...], rule: SplitRule) -> Iterator[str]:
    """Pieces that join to `text` again, each within the limit, each ending with the separator that ended it."""
    if estimate_tokens(text) <= rule.max_tokens and (not separators or separators[0] not in text):
        yield text
    elif not separators:
        yield from _cut(text, rule.max_tokens)
    elif separators[0] not in text:
        yield from _pieces(text, separators[1:], rule)
    else:
        for piece in _split_after(text, separators[0]):
            if estimate_tokens(piece) <= rule.max_tokens:
                yield piece
            else:
                yield from _pieces(piece, separators[1:], rule)


def _split_after(text: str, separator: str) -> Iterator[str]:
    start = 0
    while (end := text.find(separator, start)) >= 0:
        yield text[start : end + len(separator)]
        start = end + len(separator)
    if start < len(text):
        yield text[start:]


def _cut(text: str, max_tokens: int) -> Iterator[str]:
    start = 0
    while start < len(text):
        length = 4 * max_tokens
        while length > 1 and (size := estimate_tokens(text[start : start + length])) > max_tokens:
            length = min(length - 1, max(1, length * max_tokens // size))
        yield text[start : start + length]
        start += length


def _pack(pieces: Iterable[str], rule: SplitRule) -> Iterator[str]:
    """Joins neighbours up to the limit. A sum of estimates is never below the estimate of the whole.

    Half of a segment is new, whatever the overlap: the segments together are about twice the text at most.
    """
    overlap = min(rule.overlap, rule.max_tokens // 2)
    held: list[tuple[str, int]] = []
    total = 0
    for piece in pieces:
        size = estimate_tokens(piece)
        if held and total + size > rule.max_tokens:
            yield "".join(text for text, _ in held)
            held = _tail(held, min(overlap, rule.max_tokens - size))
            total = sum(tokens for _, tokens in held)
        held.append((piece, size))
        total += size
    if held:
        yield "".join(text for text, _ in held)


def _tail(held: list[tuple[str, int]], room: int) -> list[tuple[str, int]]:
    """The last pieces that fit into `room` tokens."""
    kept: list[tuple[str, int]] = []
    for piece in reversed(held):
        room -= piece[1]
        if room < 0:
            break
        kept.append(piece)
    return kept[::-1]
