"""What pages say: the sentences of templates, scripts and code, in one catalogue for each language.

A template writes `{% translate "…" %}` or `{% blocktranslate %}`, a script `t("…")`, code `gettext("…")` and its like.
`make words` brings the catalogues up to date with them.
"""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from django.conf import settings
from django.utils.translation import gettext, override
from django.utils.translation.template import templatize

_IN_SCRIPT: Final = re.compile(r'\bt\(("(?:[^"\\\n]|\\.)*")')
_LITERAL: Final = r"""u?('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")"""
_IN_TEMPLATE: Final = re.compile(rf"(?:\b_|\bn?gettext)\({_LITERAL}(?:, {_LITERAL})?")
_CALLS: Final = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}


class Sentence(NamedTuple):
    """Something a page says; `plural` where it depends on a number."""

    text: str
    plural: str = ""


@cache
def sentences_of_scripts() -> tuple[str, ...]:
    """Every sentence that our scripts may show."""
    found = [json.loads(literal) for source in _sources("static/js", "*.js") for literal in _IN_SCRIPT.findall(source)]
    return tuple(dict.fromkeys(found))


def all_sentences() -> set[Sentence]:
    """Every sentence of templates, scripts and code."""
    return {
        *map(Sentence, sentences_of_scripts()),
        *(found for source in _sources("templates", "*.html") for found in _of_template(source)),
        *(found for source in _sources("apps", "*.py") for found in _of_code(source)),
    }


def _sources(folder: str, pattern: str) -> Iterator[str]:
    for path in sorted((Path(settings.BASE_DIR) / folder).rglob(pattern)):
        yield path.read_text()


def _of_template(source: str) -> Iterator[Sentence]:
    for text, plural in _IN_TEMPLATE.findall(templatize(source)):
        yield Sentence(ast.literal_eval(text), ast.literal_eval(plural) if plural else "")


def _of_code(source: str) -> Iterator[Sentence]:
    if "gettext" not in source:
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS:
            texts = [part.value for part in node.args[:2] if isinstance(part, ast.Constant)]
            if texts and all(isinstance(text, str) for text in texts):
                yield Sentence(*map(str, texts))


@cache
def words_in(language: str) -> dict[str, str]:
    """The scripts' sentences with their translations; none for English, which they are written in."""
    if language == "en":
        return {}
    with override(language):
        return {sentence: gettext(sentence) for sentence in sentences_of_scripts()}
