import random
import time

import pytest

from apps.common.tokens import estimate_tokens
from apps.knowledge.contracts import SplitRule, splitters
from tests.knowledge.texts import PASSAGES, long_text

ALPHABET = ["word ", "a", "\n", "\n\n", ". ", "\u84dd", "\u3002", "### ", "  ", "\U0001f600", "x" * 40, ", "]


def split(text: str, rule: SplitRule) -> list[str]:
    return splitters.get("recursive")().split(text, rule)


def random_text(seed: int) -> str:
    generator = random.Random(seed)
    return "".join(generator.choices(ALPHABET, k=generator.randrange(1, 3000)))


def random_rule(seed: int) -> SplitRule:
    generator = random.Random(-seed)
    size = generator.choice([1, 2, 7, 50, 120, 500])
    overlap = generator.randrange(size)
    return SplitRule(generator.choice(["\n", "\n\n", "### ", "a", "\u3002"]), size, overlap, generator.random() < 0.5)


@pytest.mark.parametrize("seed", range(60))
def test_kb_12_no_segment_is_too_long_or_empty_and_no_character_is_lost(seed):
    text, rule = random_text(seed), random_rule(seed)
    segments = split(text, rule)
    # One character of Chinese is more than one token: nothing can be cut shorter.
    assert all(estimate_tokens(segment) <= max(rule.max_tokens, 2) for segment in segments)
    assert all(segment and segment == segment.strip() for segment in segments)
    kept = set("".join(segments))
    lost = {character for character in text if not character.isspace()} - kept
    assert lost <= set(rule.separator)


@pytest.mark.parametrize("seed", range(20))
def test_without_overlap_the_segments_are_the_text(seed):
    text = random_text(seed)
    segments = split(text, SplitRule("\n", 60))
    assert "".join("".join(segments).split()) == "".join(text.split())


def test_short_lines_are_joined_up_to_the_limit():
    segments = split("\n".join(PASSAGES[:10]), SplitRule("\n", 60, 20))
    assert len(segments) < 10
    assert all("\n" in segment for segment in segments[:-1])


def test_a_custom_separator_always_separates():
    assert split("one###two###\n###three", SplitRule("###", 500, merge=False)) == ["one", "two", "three"]


def test_overlap_repeats_the_end_of_the_segment_before():
    sentences = [f"Sentence number {n} says little." for n in range(40)]
    segments = split(" ".join(sentences), SplitRule("\n", 60, 20))
    for before, after in zip(segments, segments[1:], strict=False):
        assert after.split(". ")[0] in before


def test_u_09_however_large_the_overlap_the_segments_are_twice_the_text_at_most():
    text = "a " * 50_000
    segments = split(text, SplitRule("\n", 4_000, 3_999))
    assert sum(map(len, segments)) < 2.2 * len(text)


def test_nothing_gives_nothing():
    assert split(" \n \n", SplitRule("\n", 50)) == []


@pytest.mark.parametrize("text", ["x" * 400_000, "\u84dd" * 140_000, "\n" * 200_000, "a " * 200_000, long_text(1000)])
def test_time_is_linear(text):
    start = time.process_time()
    split(text, SplitRule("\n", 500, 50))
    assert time.process_time() - start < 4
