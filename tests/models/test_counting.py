"""Tokens of prompts: counted where the tokeniser is known and the window is near, else estimated."""

import hashlib

import pytest
import requests

from apps.common.tokens import estimate_tokens
from apps.models.contracts import ModelSpec
from apps.models.counting import VOCABULARIES, counter, most_tokens, takes

TABLE = "| 0.41 | 7/9 | -x | \n" * 50  # 1 token for 2 characters: the estimate has half as many


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def get(address: str) -> None:
        raise AssertionError(f"{address} was fetched")

    monkeypatch.setattr(requests, "get", get)


# Counts that OpenAI's own page of its tokeniser shows, and that its cookbook gives for cl100k_base.
@pytest.mark.parametrize(
    ("model", "text", "tokens"),
    [
        ("gpt-3.5-turbo", "antidisestablishmentarianism", 6),
        ("gpt-4", "お誕生日おめでとう", 9),
        ("gpt-4o", "お誕生日おめでとう", 8),
        ("openai/gpt-4o-mini", "2 + 2 = 4", 7),
        ("text-embedding-3-small", "tiktoken is great!", 6),
        ("openai/gpt-oss-20b", "antidisestablishmentarianism", 6),
        ("GPT-4.1", "", 0),
    ],
)
def test_openai_models_are_counted_exactly(model: str, text: str, tokens: int) -> None:
    assert counter(model, [text], 0)(text) == tokens


@pytest.mark.parametrize("model", ["text-davinci-003", "claude-sonnet-5", "qwen-max", "", "openai/", "gpt2"])
def test_others_are_estimated(model: str) -> None:
    assert counter(model, [TABLE], 0) is estimate_tokens


def test_nothing_is_counted_while_there_is_room_for_every_byte() -> None:
    assert counter("gpt-4o", [TABLE, "é"], most_tokens([TABLE, "é"])) is estimate_tokens
    assert counter("gpt-4o", [TABLE, "é"], most_tokens([TABLE, "é"]) - 1) is not estimate_tokens


@pytest.mark.parametrize(
    "text", ["a" * 50_000, " " * 50_000, "😀" * 5_000, "\ud800" * 9, "<|endoftext|>" * 9, "é\n" * 999]
)
def test_no_text_has_more_tokens_than_is_said(text: str) -> None:
    assert 0 < counter("gpt-4o", [text], 0)(text) <= most_tokens([text])


async def test_what_a_model_takes() -> None:
    tokens = counter("gpt-4o", [TABLE], 0)(TABLE) + 4
    assert estimate_tokens(TABLE) < 0.7 * tokens
    assert await takes(ModelSpec("gpt-4o", "llm", context_tokens=tokens), [TABLE])
    assert not await takes(ModelSpec("gpt-4o", "llm", context_tokens=tokens - 1), [TABLE])


async def test_an_estimate_refuses_only_what_is_sure() -> None:
    words = "word " * 1_000  # 1,000 tokens, estimated 1,250
    assert await takes(ModelSpec("m", "llm", context_tokens=1_000), [words])
    assert not await takes(ModelSpec("m", "llm", context_tokens=800), [words])


def test_the_vocabularies_are_those_that_openai_publishes() -> None:
    address = "https://openaipublic.blob.core.windows.net/encodings/{}.tiktoken"
    names = {hashlib.sha1(address.format(name).encode()).hexdigest() for name in ("cl100k_base", "o200k_base")}
    assert names == {path.name for path in VOCABULARIES.iterdir()} - {"README.md"}
