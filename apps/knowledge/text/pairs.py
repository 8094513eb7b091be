"""Questions and answers in what a model wrote. Linear in the text's length."""

import re
from collections.abc import Sequence
from typing import Final, TypeAlias

from .clean import clean

Pair: TypeAlias = tuple[str, str]

# A label at the beginning of a line, as in `Q1:`, `**Question 2:**`, `3. Frage:` or a full-width colon.
_LABEL: Final = re.compile(
    r"^[ \t>*#_\-\u2022]{0,8}(?:\d{1,3}[.)\u3001][ \t]?)?[*_]{0,3}([^\W\d_]{1,16})[ \t]?(\d{0,3})[*_]{0,3}"
    r"[ \t]?[:\uff1a][*_]{0,3}",
    re.MULTILINE,
)
_QUESTION: Final = frozenset(
    (  # noqa: SIM905 - words read better as words
        "q question frage pregunta domanda pergunta vraag "
        "\u0432\u043e\u043f\u0440\u043e\u0441 \uc9c8\ubb38 \u95ee \u554f \u95ee\u9898 \u554f\u984c \u8cea\u554f"
    ).split()
)
_ANSWER: Final = frozenset(
    (  # noqa: SIM905 - as above
        "a answer antwort respuesta risposta resposta antwoord r\u00e9ponse "
        "\u043e\u0442\u0432\u0435\u0442 \ub2f5 \ub2f5\ubcc0 \u7b54 \u7b54\u6848 \u56de\u7b54"
    ).split()
)
_THOUGHT: Final = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_FENCE: Final = re.compile(r"^```.*$", re.MULTILINE)


def pairs_in(text: str) -> Sequence[Pair]:
    """The pairs in their order, each question once; a question without an answer is left out.

    Labels may be in any language if they are numbered: the first is taken for the question's, the next other one for
    the answer's.
    """
    text = _FENCE.sub("", _THOUGHT.sub("", text))
    labels = list(_LABEL.finditer(text))
    questions, answers = _names(labels)
    marks = [label for label in labels if label[1].casefold() in questions | answers]
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    found: dict[str, str] = {}
    question = ""
    for mark, end in zip(marks, ends, strict=False):
        said = clean(text[mark.end() : end]).strip("*_ ")
        if mark[1].casefold() in questions:
            question = said
        elif question and said:
            found.setdefault(question, said)
            question = ""
    return list(found.items())


def _names(labels: Sequence[re.Match[str]]) -> tuple[frozenset[str], frozenset[str]]:
    """What questions and answers are called."""
    names = dict.fromkeys(label[1].casefold() for label in labels)
    if _QUESTION & names.keys() and _ANSWER & names.keys():
        return _QUESTION, _ANSWER
    numbered = list(dict.fromkeys(label[1].casefold() for label in labels if label[2]))
    return frozenset(numbered[:1]), frozenset(numbered[1:2])
