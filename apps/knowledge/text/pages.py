"""Pages of a text: where each begins, through cleaning and splitting. Linear in the text's length."""

from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from .clean import clean

_TOKEN_CHARACTERS = 4  # the most a token of overlap can be


def clean_pages(text: str, starts: Sequence[int], rules: Collection[str]) -> tuple[str, Sequence[int]]:
    """The cleaned text and where its pages begin.

    Each page is cleaned by itself: no rule's pattern reaches over the end of a page, for white space parts them.

    Args:
        starts: in characters, as `Extracted.page_starts`; empty: there are no pages.
    """
    if not starts:
        return clean(text, rules), ()
    parts: list[str] = []
    begins, length = [], 0
    for start, end in pairwise([*starts, len(text)]):
        begins.append(length)
        page = text[start:end]
        if cleaned := clean(page, rules):
            gap = page[len(page.rstrip()) :] or "\n"
            parts.append(cleaned + gap)
            length += len(parts[-1])
    return "".join(parts).rstrip(), begins


def pages_of(parts: Sequence[str], text: str, starts: Sequence[int], overlap: int) -> Iterator[int | None]:
    """The page where each part begins, counted from 1; None in a text without pages.

    Args:
        parts: of `text`, in order.
        overlap: tokens of a part that may be the end of the one before.
    """
    begin, end = -1, 0
    for part in parts:
        if not starts:
            yield None
            continue
        begin = max(text.find(part, max(begin + 1, end - _TOKEN_CHARACTERS * overlap)), begin)
        end = begin + len(part)
        yield max(bisect_right(starts, begin), 1)
