"""The languages pages speak; each has a catalogue (`make words` brings them up to date)."""

from typing import Final

from django.utils.translation.trans_real import parse_accept_lang_header

LANGUAGES: Final = ("en", "zh-Hans", "ja")
NAMES: Final = {"en": "English", "zh-Hans": "简体中文", "ja": "日本語"}
COOKIE: Final = "language"


def language_of(tag: str) -> str:
    """The language for a tag such as en-US, zh-Hans, ja-JP (RFC 5646): by its first part, English for others."""
    first = tag.replace("_", "-").lower().partition("-")[0]
    return next((language for language in LANGUAGES if language.lower().partition("-")[0] == first), LANGUAGES[0])


def language_of_browser(header: str) -> str:
    """The first language of an Accept-Language header that pages speak."""
    spoken = {language.lower().partition("-")[0]: language for language in LANGUAGES}
    wanted = (tag.partition("-")[0] for tag, _ in parse_accept_lang_header(header))
    return next((spoken[first] for first in wanted if first in spoken), LANGUAGES[0])


def language_of_console(cookie: str, accept: str) -> str:
    """What a console page speaks: as the person chose, else as their browser asks.

    Args:
        cookie: value of the cookie `language`.
        accept: the Accept-Language header.
    """
    return cookie if cookie in LANGUAGES else language_of_browser(accept)
