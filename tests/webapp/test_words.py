"""WEB-18: public pages speak their app's language, or the browser's."""

import pytest

from apps.common.languages import language_of, language_of_browser

from .test_pages import dress


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
