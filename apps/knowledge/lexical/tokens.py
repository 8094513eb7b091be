"""Terms of a text, for every language without a dictionary.

Words written with spaces: lower case, English stop words dropped, Snowball's English stem; in scripts of their own
(`languages`) the word and its stem.
Chinese, Japanese and Korean: pairs of neighbouring characters, and each character.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final
from zlib import crc32

from apps.knowledge.contracts import SLOTS

from .languages import ENGLISH, language_of, stem

_CJK: Final = (
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUNS: Final = re.compile(f"([{_CJK}]+)|([^\\W{_CJK}]+)")
STOP_WORDS: Final = frozenset(
    (  # noqa: SIM905 - words read better as words
        "a about above after again against all am an and any are as at be because been before being below "
        "between both but by can could did do does doing down during each few for from further had has have "
        "having he her here hers herself him himself his how i if in into is it its itself just me more most "
        "my myself no nor not now of off on once only or other our ours ourselves out over own same she "
        "should so some such than that the their theirs them themselves then there these they this those "
        "through to too under until up very was we were what when where which while who whom why will with "
        "would you your yours yourself yourselves s t don d ll m o re ve y "
    ).split()
)
# Runs of so many characters are no words; they are cut to what an index can use.
_LONG: Final = 40


def terms(text: str) -> list[str]:
    """The text's terms in order, repetitions included."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    found: list[str] = []
    for cjk, word in _RUNS.findall(text.lower()):
        if cjk:
            found.extend(_characters(cjk))
        elif word not in STOP_WORDS:
            found.extend(_forms(word))
    return found


def searchable_text(content: str, keywords: Sequence[str] | None) -> str:
    """What a passage is found by word for word: what it says, and the keywords somebody gave it."""
    return "\n".join([content, *keywords]) if keywords else content


def count_slots(text: str) -> dict[int, int]:
    """How often each slot occurs in the text."""
    counts: dict[int, int] = {}
    for term in terms(text):
        number = slot(term)
        counts[number] = counts.get(number, 0) + 1
    return counts


@lru_cache(maxsize=200_000)
def slot(term: str) -> int:
    """The term's number, 1 to 2^24."""
    return crc32(term.encode()) % SLOTS + 1


@lru_cache(maxsize=200_000)
def _forms(word: str) -> tuple[str, ...]:
    """What a word is found by. An English one by its stem; another also as it stands, for stems are a guess there."""
    language = language_of(word) if word.isalpha() and len(word) < _LONG else None
    if language is None:  # numbers, identifiers, other scripts
        return (word[:100],)
    found = stem(word, language)
    return (found,) if language == ENGLISH or found == word else (word, found)


def _characters(run: str) -> Iterator[str]:
    yield from run
    for left, right in zip(run, run[1:], strict=False):
        yield left + right
