import pytest

from apps.common.errors import InvalidParam
from apps.knowledge.contracts import RerankChoice, RetrievalSettings, SplitRule
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
def test_wrong_rules_are_named(rule, sentence):
    with pytest.raises(InvalidParam, match=sentence):
        parse_rule(rule)


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
