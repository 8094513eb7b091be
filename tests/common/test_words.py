"""Every sentence of every page in every language pages speak."""

import re

import pytest
from django.conf import settings

from apps.common.catalogues import PLURALS, compiled, read_compiled, read_source
from apps.common.languages import LANGUAGES
from apps.common.words import Sentence, all_sentences


def places(sentence: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}|%\((\w+)\)s", sentence))


@pytest.mark.parametrize("language", LANGUAGES)
def test_web_18_the_catalogue_is_complete_and_compiled(language):
    source = read_source(language)
    assert set(source) == all_sentences(), "run: make words"
    assert [sentence for sentence, forms in source.items() if not all(forms)] == []
    wrong = [one for one, forms in source.items() if one.plural and len(forms) != PLURALS[language][0]]
    assert wrong == []
    assert [one for one, forms in source.items() if places("".join(forms)) != places("".join(one))] == []
    assert read_compiled(language) == compiled(source), "run: make words"


def test_sentences_of_templates_scripts_and_code_are_found():
    assert {
        Sentence("Skip to content"),
        Sentence("Find anything"),
        Sentence("Apps"),
        Sentence("%(found)s app", "%(found)s apps"),
    } <= all_sentences()


def test_scripts_say_nothing_that_cannot_be_translated():
    for path in (settings.BASE_DIR / "static" / "js").rglob("*.js"):
        assert not re.findall(r"(?<![\w.])t\((?!\")", path.read_text()), path
