import math
from concurrent.futures import ThreadPoolExecutor

import pytest

from apps.knowledge.contracts import SLOTS
from apps.knowledge.lexical.bm25 import counts_of, weights
from apps.knowledge.lexical.tokens import _stem, count_slots, slot, terms

ENDINGS = ("ations", "ingly", "iveness", "ational", "izations", "fulness", "ously", "ement")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The dogs' running, and a RUN!", ["dog", "run", "run"]),
        ("don't it's", []),
        ("STORAGE_LOCAL_PATH v1.2", ["storage_local_path", "v1", "2"]),
        ("\uff21\uff22\uff23 \uff11\uff12", ["abc", "12"]),
        ("知识库", ["知", "识", "库", "知识", "识库"]),
        ("灯", ["灯"]),
        ("用Dify建app", ["用", "difi", "建", "app"]),
        ("カタ 한국", ["カ", "タ", "カタ", "한", "국", "한국"]),
        ("Größe naïve", ["größe", "naïve"]),
        ("\u0647\u0630\u0627 \u043c\u0438\u0440", ["\u0647\u0630\u0627", "\u043c\u0438\u0440"]),
        ("", []),
        ("!?., \n", []),
        ("x" * 5000, ["x" * 100]),
    ],
)
def test_terms(text, found):
    assert terms(text) == found


def test_slots_are_stable_and_fit():
    assert slot("lamp") == slot("lamp") == 16208487
    assert all(1 <= slot(str(n)) <= SLOTS for n in range(5000))
    assert count_slots("lamp lamps bee") == {slot("lamp"): 2, slot("bee"): 1}


def test_weights_are_bm25s_document_side():
    found = weights({5: 3, 9: 1}, length=4, average_length=8.0)
    floor = 1.2 * (1 - 0.75 + 0.75 * 4 / 8)
    assert found[5] == pytest.approx(3 / (3 + floor))
    assert found[9] == pytest.approx(1 / (1 + floor))
    assert all(0 < weight < 1 for weight in found.values())


def test_a_segment_of_too_many_terms_keeps_the_most_frequent():
    counts = {n: 2 if n > 100 else 1 for n in range(1, 20_001)}
    found = weights(counts, length=30_000, average_length=100)
    assert len(found) == 16_000
    assert math.isfinite(sum(found.values()))
    assert 101 in found
    assert 1 not in found


def test_counts_can_be_read_back_from_weights():
    counts = {5: 3, 9: 1, 700: 250}
    weighed = weights(counts, length=254, average_length=20.0)
    assert counts_of(weighed, length=254, average_length=20.0) == counts


def test_threads_do_not_disturb_one_another():
    words = [f"w{'abcdefghij'[n % 10]}{'klmnopqr'[n // 10 % 8]}{end}" for n in range(80) for end in ENDINGS]
    _stem.cache_clear()
    alone = [terms(word) for word in words]
    _stem.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(terms, words, chunksize=1)) == alone
