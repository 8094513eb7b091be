import math
from concurrent.futures import ThreadPoolExecutor

import pytest

from apps.knowledge.contracts import SLOTS
from apps.knowledge.lexical.bm25 import counts_of, weights
from apps.knowledge.lexical.tokens import _forms, count_slots, slot, terms


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
        (
            "\u041a\u043e\u043c\u043d\u0430\u0442\u044b",
            ["\u043a\u043e\u043c\u043d\u0430\u0442\u044b", "\u043a\u043e\u043c\u043d\u0430\u0442"],
        ),
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


@pytest.mark.parametrize(
    ("passage", "question"),
    [
        (
            "\u0412 \u043a\u043e\u043c\u043d\u0430\u0442\u0430\u0445",
            "\u043a\u043e\u043c\u043d\u0430\u0442\u0430",
        ),
        ("\u03bf\u03b9 \u03b8\u03ac\u03bb\u03b1\u03c3\u03c3\u03b5\u03c2", "\u03b8\u03ac\u03bb\u03b1\u03c3\u03c3\u03b1"),
        ("\u0627\u0644\u0643\u062a\u0627\u0628 \u0627\u0644\u062c\u062f\u064a\u062f", "\u0643\u062a\u0627\u0628"),
        ("les maisons anciennes", "maison"),
        ("las ventanas abiertas", "ventana"),
        ("The keepers were lighting lamps", "lamp lighted by a keeper"),
    ],
)
def test_ret_02_another_form_of_a_word_is_found(passage, question):
    assert set(terms(passage)) & set(terms(question))


def test_what_a_word_is_found_by_does_not_depend_on_the_text_around_it():
    words = [
        "lamps",
        "H\u00e4user",
        "\u043a\u043e\u043c\u043d\u0430\u0442\u044b",
        "\u03b8\u03ac\u03bb\u03b1\u03c3\u03c3\u03b5\u03c2",
        "2026",
        "\u77e5\u8bc6\u5e93",
    ]
    assert terms(" ".join(words)) == [term for word in words for term in terms(word)]


def test_threads_do_not_mix_words_up():
    words = [f"\u043a\u043e\u043c\u043d\u0430\u0442\u044b{'a' * n}" for n in range(3)] + [
        "running",
        "houses",
        "\u043a\u043d\u0438\u0433\u0430\u043c\u0438",
    ]
    wanted = [terms(word) for word in words]
    with ThreadPoolExecutor(8) as pool:
        assert all(
            found == wanted for found in pool.map(lambda _: [list(_forms.__wrapped__(w)) for w in words], range(400))
        )
