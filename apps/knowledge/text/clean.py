"""Cleaning of extracted text. Every pattern takes time linear in the text's length."""

import re
from collections.abc import Collection
from typing import Final

from apps.knowledge.lexical.tokens import STOP_WORDS

# Control characters other than tab, line feed and carriage return; lone surrogates; the byte order mark.
_UNWANTED: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufeff\ufffe\uffff]")
_LINE_ENDS: Final = re.compile("\r\n?|[\u2028\u2029\x85]")
_BLANK_LINES: Final = re.compile(r"\n\s*\n\s*\n")
_SPACES: Final = re.compile("[\t \u00a0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000]{2,}")
# The look-behind and the possessive bound keep a long run of word characters from being tried at every offset.
_EMAILS: Final = re.compile(
    r"(?<![A-Za-z0-9_.+-])[A-Za-z0-9_.+-]{1,64}+@[A-Za-z0-9-]{1,63}+(?:\.[A-Za-z0-9-]{1,63}+){1,8}"
)
# A stop word that is no part of a longer one (don't, so-so), with the space before it, else the one after it.
_STOP_WORD: Final = f"(?:{'|'.join(sorted(STOP_WORDS))})(?![\\w'\u2019-])"
_STOP_WORDS: Final = re.compile(f"[ \\t]{_STOP_WORD}|(?<![\\w'\u2019 \\t-]){_STOP_WORD}[ \\t]?", re.IGNORECASE)
_IN_URL: Final = '[^\\s\u3000-\u9fff\uff00-\uffef<>"#]+'
# One fragment and no more, so that ### after an address goes on to separate.
_URLS: Final = re.compile(f"https?://{_IN_URL}(?:#{_IN_URL})?", re.IGNORECASE)


def clean(text: str, rules: Collection[str] = ()) -> str:
    """Text without what no store can hold, and cleaned by the rules that are on.

    Args:
        rules: any of `remove_extra_spaces`, `remove_urls_emails`, `remove_stopwords` (English ones).
    """
    text = _LINE_ENDS.sub("\n", _UNWANTED.sub("", text))
    if "remove_urls_emails" in rules:
        text = _URLS.sub("", _EMAILS.sub("", text))
    if "remove_stopwords" in rules:
        text = _STOP_WORDS.sub("", text)
    if "remove_extra_spaces" in rules:
        text = _SPACES.sub(" ", _BLANK_LINES.sub("\n\n", text))
    return text.strip()
