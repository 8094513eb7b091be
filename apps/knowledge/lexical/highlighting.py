"""Which words of a passage a question shares with it, as the search by words sees them."""

import re
from collections.abc import Iterator
from typing import Final

from .tokens import terms

_WORDS: Final = re.compile(r"\w+")
Piece = tuple[str, bool]


def highlight(text: str, query: str) -> list[Piece]:
    """The text in pieces, in order; of each, whether it is a word of the query, in whatever form.

    In Chinese, Japanese and Korean a pair of neighbouring characters counts as a word; a single one only if the
    query is nothing more.
    """
    wanted = frozenset(terms(query))
    joined: list[Piece] = []
    for piece, marked in _pieces(text, wanted):
        if joined and joined[-1][1] == marked:
            joined[-1] = (joined[-1][0] + piece, marked)
        elif piece:
            joined.append((piece, marked))
    return joined


def _pieces(text: str, wanted: frozenset[str]) -> Iterator[Piece]:
    end = 0
    for match in _WORDS.finditer(text):
        yield text[end : match.start()], False
        word, end = match[0], match.end()
        if word.isascii():
            yield word, not wanted.isdisjoint(terms(word))
        else:
            yield from _characters(word, wanted)
    yield text[end:], False


def _characters(run: str, wanted: frozenset[str]) -> Iterator[Piece]:
    """A run without spaces: as one word where it is one, else by pairs of its characters."""
    if run.lower() in wanted:
        yield run, True
        return
    marked = [False] * len(run)
    for at in range(len(run) - 1):
        if run[at : at + 2].lower() in wanted:
            marked[at] = marked[at + 1] = True
    if len(wanted) == 1:
        marked = [character in wanted for character in run] if len(next(iter(wanted))) == 1 else marked
    yield from zip(run, marked, strict=True)
