import time

import pytest

from apps.knowledge.text.clean import clean

SPACES = frozenset({"remove_extra_spaces"})
LINKS = frozenset({"remove_urls_emails"})
WORDS = frozenset({"remove_stopwords"})


@pytest.mark.parametrize(
    ("rules", "text", "cleaned"),
    [
        (frozenset(), "a\0b\x07c\ud800d\ufeff", "abcd"),
        (frozenset(), "a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        (frozenset(), "a  b\n\n\n\nc", "a  b\n\n\n\nc"),
        (SPACES, "a \t\u3000 b\n \n\n\nc\n\nd", "a b\n\nc\n\nd"),
        (LINKS, "mail bo.b+x@example.co.uk or see https://example.org/a?b=c#d now", "mail  or see  now"),
        (LINKS, "\u8bf7\u8054\u7cfba@b.cn\uff0c\u89c1http://x.cn/y\u3002", "\u8bf7\u8054\u7cfb\uff0c\u89c1\u3002"),
        (LINKS | SPACES, "a@b.c\n\n\n\nd", "d"),
        (WORDS, "The end of the line, don't you know?", "end line, don't know?"),
        (
            frozenset({"remove_stopwords"}),
            "so-so is\nthe end. \u8fd9\u662f a \u706f",
            "so-so\nend. \u8fd9\u662f \u706f",
        ),
    ],
)
def test_kb_10_rules(rules, text, cleaned):
    assert clean(text, rules) == cleaned


@pytest.mark.parametrize(
    "text",
    [
        "a" * 200_000,
        "a." * 100_000,
        "\n" * 200_000,
        "\n \n" * 60_000,
        "a@" * 20_000,
        " " * 200_000,
        "a@b." * 20_000,
        "the " * 50_000,
    ],
)
def test_anything_takes_linear_time(text):  # the square of it would take minutes
    start = time.process_time()
    clean(text, SPACES | LINKS | WORDS)
    assert time.process_time() - start < 2
