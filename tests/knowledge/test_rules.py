import time

import pytest

from apps.common.errors import InvalidParam
from apps.knowledge import reading
from apps.knowledge.contracts import Extracted, RerankChoice, RetrievalSettings, SplitRule
from apps.knowledge.rules import parse_rule, processing
from apps.knowledge.wire import dump_retrieval, parse_retrieval, stored_retrieval


def custom(**segmentation: object) -> dict:
    cleaning = [{"id": "remove_extra_spaces", "enabled": True}, {"id": "remove_urls_emails", "enabled": False}]
    whole = {"separator": "###", "max_tokens": 500, **segmentation}
    return {"mode": "custom", "rules": {"pre_processing_rules": cleaning, "segmentation": whole}}


def test_the_automatic_rule():
    found = processing(*parse_rule({"mode": "automatic"}))
    assert found.cleaning == {"remove_extra_spaces"}
    assert found.split == SplitRule("\n", 500, 50, merge=True)


def test_a_custom_rule():
    found = processing(*parse_rule(custom(separator="\\n\\n", chunk_overlap=20)))
    assert found.cleaning == {"remove_extra_spaces"}
    assert found.split == SplitRule("\n\n", 500, 20, merge=False)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ([], "Process rule is invalid"),
        ({}, "Process rule mode is required"),
        ({"mode": "magic"}, "Process rule mode is invalid"),
        ({"mode": "custom"}, "Process rule rules is required"),
        ({"mode": "custom", "rules": []}, "Process rule rules is"),
        ({"mode": "custom", "rules": {"segmentation": {}}}, "pre_processing_rules is required"),
        ({"mode": "custom", "rules": {"pre_processing_rules": []}}, "segmentation is required"),
        ({"mode": "custom", "rules": {"pre_processing_rules": [{"id": "x", "enabled": True}]}}, "rules id is invalid"),
        (custom(separator=""), "separator is required"),
        (custom(separator="\0"), "separator is invalid"),
        (custom(separator=5), "separator is invalid"),
        (custom(separator="x" * 101), "separator is invalid"),
        (custom(max_tokens=None), "max_tokens is required"),
        (custom(max_tokens=0), "max_tokens is"),
        (custom(max_tokens=-1), "max_tokens is invalid"),
        (custom(max_tokens=10**9), "max_tokens is invalid"),
        (custom(max_tokens="500"), "max_tokens is invalid"),
        (custom(max_tokens=True), "max_tokens is invalid"),
        (custom(chunk_overlap=500), "chunk_overlap is invalid"),
        (custom(chunk_overlap=-1), "chunk_overlap is invalid"),
    ],
)
def test_u_09_wrong_rules_are_named(rule, sentence):
    with pytest.raises(InvalidParam, match=sentence):
        parse_rule(rule)


def test_u_09_wrong_rules_are_refused_by_the_api(client, economy):
    for rule in (custom(separator=""), custom(chunk_overlap=500), custom(max_tokens=0), custom(max_tokens=10**9)):
        answer = client.post(
            f"/v1/datasets/{economy.pk}/document/create_by_text", {"name": "a", "text": "b", "process_rule": rule}
        )
        assert (answer.status, answer.json()["code"]) == (400, "invalid_param")


def cut(text: str, rule: dict, form: str = "text_model") -> list[str]:
    found = processing(*parse_rule(rule), form)
    return [draft.content for draft in reading.cut(reading.tidy(Extracted(text), found), found)]


@pytest.mark.parametrize("separator", ["(a+)+$", ".*", "[", "\\d", "^"])
def test_u_09_separators_are_no_patterns(separator):
    assert cut(f"aaaa 1{separator}b{separator}", custom(separator=separator)) == ["aaaa 1", "b"]


@pytest.mark.parametrize("text", ["a" * 200_000 + "b", "a\n" * 100_000, "(a+)+$" * 30_000, " a" * 100_000])
@pytest.mark.parametrize("separator", ["(a+)+$", "a"])
def test_u_09_a_long_text_takes_bounded_time(text, separator):
    start = time.process_time()
    cut(text + "!", custom(separator=separator, max_tokens=50, chunk_overlap=49))
    assert time.process_time() - start < 2


GOLDEN_TEXT = (
    """Lighthouses.\n\n\n\nA  lighthouse \t keeper trims the lamp.
See https://example.org/lamps or write to keeper@example.org.\n\n"""
    + "The beam turns. " * 130
)


def test_kb_11_the_automatic_rule_golden():
    segments = cut(GOLDEN_TEXT, {"mode": "automatic"})
    head = (
        "Lighthouses.\n\nA lighthouse keeper trims the lamp.\n"
        "See https://example.org/lamps or write to keeper@example.org."
    )
    assert segments == [
        head + "\n\n" + " ".join(["The beam turns."] * 117),
        " ".join(["The beam turns."] * 25),
    ]


def test_kb_10_kb_12_a_custom_rule_golden():
    rule = custom(max_tokens=50)
    rule["rules"]["pre_processing_rules"] = [
        {"id": id, "enabled": True} for id in ("remove_extra_spaces", "remove_urls_emails", "remove_stopwords")
    ]
    text = (
        "The  lamp of a lighthouse###\n\n\n###Write to keeper@example.org, see https://example.org/x###"
        + "Beam on. " * 40
    )
    assert cut(text, rule) == [
        "lamp lighthouse",
        "Write , see",
        ("Beam. " * 25).strip(),
        ("Beam. " * 15).strip(),
    ]


def test_retrieval_settings_survive_storing():
    settings = RetrievalSettings("hybrid_search", 7, 0.4, 0.5, 0.5, RerankChoice("demo", "demo-rerank"))
    assert stored_retrieval(dump_retrieval(settings)) == settings
    assert parse_retrieval(None) == RetrievalSettings("semantic_search", 2)


def test_a_threshold_counts_only_when_enabled():
    assert parse_retrieval({"score_threshold": 0.5, "score_threshold_enabled": False}).score_threshold is None
    assert parse_retrieval({"score_threshold": 0.5, "score_threshold_enabled": True}).score_threshold == 0.5


def test_rerank_by_weights_needs_no_model():
    model = {"reranking_provider_name": "demo", "reranking_model_name": "demo-rerank"}
    wanted = {"reranking_enable": True, "reranking_model": model}
    assert parse_retrieval(wanted).rerank == RerankChoice("demo", "demo-rerank")
    assert parse_retrieval({**wanted, "reranking_mode": "weighted_score"}).rerank is None
    assert parse_retrieval({"reranking_enable": True}).rerank is None


@pytest.mark.parametrize(
    "value",
    [{"search_method": "guess"}, {"top_k": 0}, {"top_k": "many"}, {"score_threshold": 2}, [], "x", {"weights": 3}],
)
def test_wrong_settings_are_refused(value):
    with pytest.raises(InvalidParam):
        parse_retrieval(value)
