"""The demo model's way to make questions and answers: it asks for what a sentence says, and quotes the sentence."""

import re
from typing import Final

from . import _demo_text as text_tools

_WANTED: Final = re.compile(r"\bQ1:.*\bA1:", re.DOTALL)
_PASSAGE: Final = re.compile(r"<passage>(.*)</passage>", re.DOTALL)
_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")
_QUESTION: Final = "What does the text say about {}?"
_QUESTION_CJK: Final = "\u5173\u4e8e\u300c{}\u300d\uff0c\u6587\u4e2d\u8bf4\u4e86\u4ec0\u4e48\uff1f"
MAX_PAIRS: Final = 10
_MAX_WORDS: Final = 6
_MAX_CHARACTERS: Final = 30
_SHORTEST: Final = 12  # characters: below, a line says nothing that could be asked for


def is_wanted(instructions: str) -> bool:
    """Whether the instructions show the form of numbered pairs."""
    return _WANTED.search(instructions) is not None


def pairs(message: str) -> str:
    """Numbered pairs for the first sentences of the passage in the message; empty where it has no sentence."""
    found = _PASSAGE.search(message)
    sentences = [text for text in text_tools.sentences(found[1] if found else message) if len(text) >= _SHORTEST]
    return "\n".join(
        f"Q{number}: {_question(sentence)}\nA{number}: {sentence}"
        for number, sentence in enumerate(sentences[:MAX_PAIRS], 1)
    )


def _question(sentence: str) -> str:
    """The words of a sentence that carry meaning, asked for; the beginning of one that is written without spaces."""
    if re.search(f"[{text_tools.CJK}]", sentence):
        return _QUESTION_CJK.format(re.split("[\u3002\uff0c\uff01\uff1f\uff1b]", sentence)[0][:_MAX_CHARACTERS])
    words = list(dict.fromkeys(word for word in _WORD.findall(sentence) if text_tools.terms(word)))
    return _QUESTION.format(", ".join(words[:_MAX_WORDS]) or sentence)
