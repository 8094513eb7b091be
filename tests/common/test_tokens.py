import time

import pytest

from apps.common.tokens import estimate_tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("a", 1),
        ("four", 1),
        ("five5", 2),
        ("世界", 3),
        ("ひらがな", 5),
        ("한국어", 4),
        ("hello 世界", 4),
        ("Grüße", 2),
        ("𠀀", 2),
    ],
)
def test_estimates(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens


def test_a_long_text_takes_a_moment() -> None:
    text = "mixed text 混合文本 " * 7_000
    began = time.process_time()
    estimate_tokens(text)
    assert time.process_time() - began < 0.5
