"""Snowball's stems: English for Latin letters, and for scripts that stand for one language that language's.

Nobody says of a question what language it is in, and a base may hold several, so a word must be cut by what is seen
of it alone. Languages in Latin letters therefore keep to the English stem. Telling them by their function words was
measured (bench/retrieval.md): of short questions half are told, and where question and passage are told apart more is
lost than won.
"""

import threading
from typing import Final

import snowballstemmer

ENGLISH: Final = "english"
# First and last letter, and the language. Of Cyrillic, Ukrainian gains by Russian stems as well.
_SCRIPTS: Final = (
    ("\u0370", "\u03ff", "greek"),
    ("\u0400", "\u052f", "russian"),
    ("\u0531", "\u0587", "armenian"),
    ("\u0621", "\u06d3", "arabic"),
)


def language_of(word: str) -> str | None:
    """The language that the script of a word stands for; None: several, or one without a stemmer."""
    if word.isascii():
        return ENGLISH
    return next((language for low, high, language in _SCRIPTS if low <= word[0] <= high), None)


def stem(word: str, language: str) -> str:
    """Snowball's stem of a word in lower case."""
    stemmer = _local.__dict__.get(language)
    if stemmer is None:
        stemmer = _local.__dict__[language] = snowballstemmer.stemmer(language)
    return str(stemmer.stemWord(word))


# A stemmer keeps the word it works on, so each thread has its own.
_local: Final = threading.local()
