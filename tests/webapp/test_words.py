"""WEB-18: every sentence of the public pages in every language they speak."""

import re

import pytest

from apps.common.languages import LANGUAGES, language_of, language_of_browser
from apps.common.words import sentences_of_scripts, sentences_of_templates
from apps.webapp.catalogues import read_compiled, read_source

from .test_pages import dress

SENTENCES = {*sentences_of_scripts(), *sentences_of_templates()}


def places(sentence: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", sentence))


@pytest.mark.parametrize("language", LANGUAGES)
def test_web_18_the_catalogue_is_complete_and_compiled(language):
    source = read_source(language)
    assert set(source) == SENTENCES, "run: make words"
    assert [sentence for sentence, translation in source.items() if not translation] == []
    assert [one for one, other in source.items() if places(one) != places(other)] == []
    assert read_compiled(language) == source, "run: make words"


def test_scripts_say_nothing_that_cannot_be_translated():
    from django.conf import settings

    for path in (settings.BASE_DIR / "static" / "js").rglob("*.js"):
        assert not re.findall(r"(?<![\w.])t\((?!\")", path.read_text()), path


@pytest.mark.parametrize(
    ("stored", "shown", "send"),
    [
        ("en-US", "en", "Send"),
        ("zh-Hans", "zh-Hans", "发送"),
        ("zh-CN", "zh-Hans", "发送"),
        ("ja-JP", "ja", "送信"),
        ("tlh", "en", "Send"),
        ("", "en", "Send"),
    ],
)
def test_web_18_a_site_speaks_its_language(visitor, app, stored, shown, send):
    dress(app, default_language=stored, privacy_policy="https://acme.example/")
    body = visitor.get(f"/chat/{app.site_code}").body.decode()
    assert f'<html lang="{shown}"' in body
    assert {"en": "Privacy policy", "zh-Hans": "隐私政策", "ja": "プライバシーポリシー"}[shown] in body
    words = body.split('id="words"')[1].split("</script>")[0].encode().decode("unicode_escape")
    assert (send in words) == (shown != "en")


@pytest.mark.parametrize(
    ("header", "language"),
    [("", "en"), ("zh-TW,zh;q=0.9", "zh-Hans"), ("de, ja;q=0.3", "ja"), ("*", "en"), ("\x00;;,,q=", "en")],
)
def test_a_browsers_wish(header, language):
    assert language_of_browser(header) == language


def test_language_tags_of_other_writings():
    assert [language_of(tag) for tag in ("zh_Hans", "JA", "en_GB", "zh-Hant")] == ["zh-Hans", "ja", "en", "zh-Hans"]
