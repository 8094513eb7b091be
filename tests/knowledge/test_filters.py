"""Searches that look only at documents whose metadata meet conditions."""

import json
from datetime import UTC, datetime

import pytest

from apps.common.errors import InvalidParam
from apps.common.perloop import run
from apps.knowledge.contracts import Condition, Hit, MetadataFilter, RetrievalSettings, retrieval_methods
from apps.knowledge.filters import MAX_CONDITIONS, parse_filter
from apps.knowledge.models import Dataset, Document, MetadataField
from apps.knowledge.services.datasets import create_dataset
from apps.knowledge.services.documents import create_document_from_text
from apps.knowledge.services.explaining import explain
from apps.knowledge.services.filter_choosing import FilterChoice, choose_filter
from apps.knowledge.services.indexing import index_pending
from apps.knowledge.services.retrieve import retrieve
from apps.knowledge.services.searches import Demand
from apps.models.attempts import Patience
from apps.models.contracts import ModelSpec
from apps.models.services.models import add_model
from apps.models.services.resolve import resolve_model
from tests.factories import make_provider, make_user
from tests.knowledge.api import error_of
from tests.knowledge.tables import count_as_indexed
from tests.knowledge.texts import ONE_A_LINE

PROVIDER = "openai_api_compatible"
NEW_YEAR = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp())
# What is known of each document; every one speaks of lamps.
LIBRARY = {
    "ada": {"author": "Ada Byron", "year": 1843, "published": NEW_YEAR, "odd'name %s": "x"},
    "bob": {"author": "Bob", "year": "1999", "published": NEW_YEAR + 86_400},
    "eve": {"author": "", "year": 2024.5},
    "none": None,
    "list": ["not", "an", "object"],
}
KINDS = {"author": "string", "year": "number", "published": "time", "odd'name %s": "string"}


def make_fields(dataset: Dataset, kinds: dict[str, str] = KINDS) -> None:
    MetadataField.objects.bulk_create(
        MetadataField(dataset=dataset, name=name, type=kind) for name, kind in kinds.items()
    )


@pytest.fixture
def library(vectors) -> Dataset:
    make_fields(vectors)
    for name, metadata in LIBRARY.items():
        document = create_document_from_text(
            dataset=vectors, name=name, text=f"The lamp of {name} is old.", process_rule=ONE_A_LINE
        )
        Document.objects.filter(pk=document.pk).update(doc_metadata=metadata)
    run(index_pending())
    return vectors


def one(name: str, operator: str, value: object = None) -> MetadataFilter:
    return MetadataFilter([Condition(name, operator, value)])


def find(bases: list[Dataset], filters: MetadataFilter | None, method: str = "full_text_search") -> list[Hit]:
    return run(
        retrieve(
            workspace_id=bases[0].workspace_id, dataset_ids=[base.pk for base in bases], query="lamp",
            settings=RetrievalSettings(method, top_k=20), filters=filters,
        )
    )  # fmt: skip


def names(hits: list[Hit]) -> set[str]:
    return {hit.document_name for hit in hits}


# Field, operator, value, and who is found.
TABLE = [
    ("author", "contains", "a B", {"ada"}),
    ("author", "contains", "%", set()),
    ("author", "not contains", "Ada", {"bob", "eve"}),
    ("author", "start with", "Ada", {"ada"}),
    ("author", "end with", "yron", {"ada"}),
    ("author", "is", "Bob", {"bob"}),
    ("author", "is", "bob", set()),
    ("author", "=", "Bob", {"bob"}),
    ("author", "is not", "Bob", {"ada", "eve"}),
    ("author", "empty", None, {"eve", "none", "list"}),
    ("author", "not empty", None, {"ada", "bob"}),
    ("author", "in", ["Bob", "Eve"], {"bob"}),
    ("author", "in", "Bob, Ada Byron", {"ada", "bob"}),
    ("author", "in", [], set()),
    ("author", "not in", ["Bob"], {"ada", "eve"}),
    ("odd'name %s", "is", "x", {"ada"}),
    ("year", "=", 1843, {"ada"}),
    ("year", "≠", 1843, {"bob", "eve"}),
    ("year", ">", 1999, {"eve"}),
    ("year", "<", "1999", {"ada"}),
    ("year", "≥", 1999, {"bob", "eve"}),
    ("year", "≤", 1999.0, {"ada", "bob"}),
    ("year", "in", "1843, 1999", {"ada", "bob"}),
    ("year", "not in", [1843], {"bob", "eve"}),
    ("year", "empty", None, {"none", "list"}),
    ("published", "before", NEW_YEAR + 1, {"ada"}),
    ("published", "after", "2024-01-01", {"bob"}),
    ("published", "after", "2024-01-01T23:00:00Z", {"bob"}),
    ("published", "=", str(NEW_YEAR), {"ada"}),
    ("published", "≤", "2024-01-02", {"ada", "bob"}),
    ("published", "not empty", None, {"ada", "bob"}),
]


def test_kb_26_every_operator_compares_as_its_name_says(library):
    for field, operator, value, expected in TABLE:
        assert names(find([library], one(field, operator, value))) == expected, (field, operator, value)


def test_kb_26_conditions_are_joined_by_and_or_or(library):
    conditions = [Condition("author", "is", "Bob"), Condition("year", "<", 1900)]
    assert names(find([library], MetadataFilter(conditions))) == set()
    assert names(find([library], MetadataFilter(conditions, meets_any=True))) == {"ada", "bob"}
    assert names(find([library], MetadataFilter([Condition("year", ">", 1), Condition("year", "<", 1900)]))) == {"ada"}


def test_built_in_fields_are_there_where_the_base_has_them(library):
    with pytest.raises(InvalidParam, match="no metadata field uploader"):
        find([library], one("uploader", "empty"))
    Dataset.objects.update(built_in_field_enabled=True)
    Document.objects.filter(name="ada").update(
        created_by=make_user("zoe@example.org", name="Zoe"),
        created_at=datetime(2020, 5, 1, tzinfo=UTC),
        data_source_type="notion_import",
    )
    assert names(find([library], one("document_name", "start with", "b"))) == {"bob"}
    assert names(find([library], one("source", "is", "notion"))) == {"ada"}
    assert names(find([library], one("source", "in", "file_upload, website"))) == set(LIBRARY) - {"ada"}
    assert names(find([library], one("upload_date", "before", "2021-01-01"))) == {"ada"}
    assert names(find([library], one("last_update_date", "after", "2021-01-01"))) == set(LIBRARY)
    assert names(find([library], one("uploader", "is", "Zoe"))) == {"ada"}
    assert "bob" in names(find([library], one("uploader", "empty")))


@pytest.mark.parametrize("method", list(retrieval_methods.all()))
def test_every_method_looks_at_those_documents_alone(library, method):
    count_as_indexed(library)
    assert names(find([library], None, method)) == set(LIBRARY)
    assert names(find([library], one("year", "<", 2000), method)) == {"ada", "bob"}
    assert find([library], one("year", "<", 0), method) == []


def test_several_bases_are_filtered_together(workspace, library, economy, add):
    """A field that only some of them have is empty in the others."""
    document = add(economy, "The lamp of Bob is new.", name="other", process_rule=ONE_A_LINE)
    both = [library, economy]
    assert names(find(both, one("author", "is", "Bob"))) == {"bob"}
    assert "other" in names(find(both, one("author", "empty")))
    make_fields(economy, {"author": "string"})
    Document.objects.filter(pk=document.pk).update(doc_metadata={"author": "Bob"})
    assert names(find(both, one("author", "is", "Bob"))) == {"bob", "other"}


def test_a_field_that_no_base_has_is_empty_where_that_is_no_error(library):
    gone = Condition("gone", "is", "x")
    assert find([library], MetadataFilter([gone], is_strict=False)) == []
    assert names(find([library], MetadataFilter([Condition("gone", "empty")], is_strict=False))) == set(LIBRARY)


@pytest.mark.parametrize("year", ["\u0661\u0662", "1e5", "NaN", "9" * 500, "--1", "1.", True, {"a": 1}, [1]])
def test_what_is_no_number_counts_as_absent(library, year):
    Document.objects.update(doc_metadata={"year": year})
    assert find([library], one("year", "≥", -1)) == []


def test_no_vector_is_made_where_nothing_can_be_found(library, monkeypatch):
    async def never(*arguments):
        raise AssertionError

    monkeypatch.setattr("apps.knowledge.services.searches._vector", never)
    assert find([library], one("author", "is", "Nobody"), "semantic_search") == []


@pytest.mark.parametrize("method", list(retrieval_methods.all()))
def test_an_explanation_says_what_the_filter_held_back(library, method):
    def told(filters: MetadataFilter):
        demand = Demand(settings=RetrievalSettings(method, top_k=1), filters=filters)
        return run(
            explain(workspace_id=library.workspace_id, dataset_ids=[library.pk], query="lamp of ada", demand=demand)
        )

    cuts = {candidate.hit.document_name: candidate.cut for candidate in told(one("author", "not empty")).candidates}
    assert (cuts["ada"], cuts["bob"]) == (None, "beyond_top_k")
    assert {cuts[name] for name in ("eve", "none", "list")} == {"filtered_by_metadata"}
    nothing = told(one("author", "is", "Nobody"))
    assert list(nothing.notes) == ["No document of Vectors meets the conditions on metadata."]
    if method != "semantic_search":
        assert {candidate.cut for candidate in nothing.candidates} == {"filtered_by_metadata"}


def test_hit_testing_takes_conditions(client, library):
    def ask(conditions: object, **more: object):
        model = {"search_method": "full_text_search", "top_k": 9, "metadata_filtering_conditions": conditions}
        return client.post(f"/v1/datasets/{library.pk}/retrieve", {"query": "lamp", "retrieval_model": model, **more})

    bob = {"name": "author", "comparison_operator": "is", "value": "Bob"}
    ada = {"name": "year", "comparison_operator": "=", "value": 1843}
    for conditions, expected in (
        ({"logical_operator": "and", "conditions": [bob]}, {"bob"}),
        ({"logical_operator": "or", "conditions": [bob, ada]}, {"ada", "bob"}),
        ({"logical_operator": "and", "conditions": [bob, ada]}, set()),
        ({"conditions": []}, set(LIBRARY)),
        (None, set(LIBRARY)),
    ):
        records = ask(conditions).json()["records"]
        assert {record["segment"]["document"]["name"] for record in records} == expected
    explained = ask({"conditions": [bob]}, explain=True).json()["explanation"]
    assert any("conditions on metadata" in (one["reason"] or "") for one in explained["candidates"])
    for wrong, sentence in (
        ({**bob, "name": "nobody"}, "There is no metadata field nobody."),
        ({**bob, "comparison_operator": "like"}, "like is no operator for the string field author."),
        ({**bob, "comparison_operator": ">"}, "> does not suit the string field author."),
        ({**bob, "value": {"a": 1}}, "is not a value that the field author"),
        ({**bob, "value": None}, "None is not a value"),
        ({**bob, "comparison_operator": "in", "value": ["x"] * 501}, "at most 500 values"),
        ({**ada, "value": "many"}, "many is not a value that the field year can be compared with by =."),
        ({**ada, "value": True}, "True is not a value"),
        ({**ada, "value": "nan"}, "nan is not a value"),
        ({**ada, "value": "1e400"}, "1e400 is not a value"),
        ({"name": "published", "comparison_operator": "before", "value": "soon"}, "soon is not a value"),
    ):
        status, code, message = error_of(ask({"conditions": [wrong]}))
        assert (status, code) == (400, "invalid_param")
        assert sentence in message, message


@pytest.mark.parametrize(
    "value",
    [
        5,
        [],
        {"logical_operator": "xor", "conditions": []},
        {"conditions": [5]},
        {"conditions": [{"name": "a"}]},
        {"conditions": [{"name": "", "comparison_operator": "is"}]},
        {"conditions": [{"name": "a", "comparison_operator": "is"}] * (MAX_CONDITIONS + 1)},
    ],
)
def test_conditions_of_another_shape_are_refused(value):
    with pytest.raises(InvalidParam, match="metadata_filtering_conditions"):
        parse_filter(value)


# --- Conditions made by a model ------------------------------------------------------------------------------------


@pytest.fixture
def choosing(workspace, library, upstream):
    def choose(query: str, *features: str, model: str = "fake") -> FilterChoice:
        make_provider(workspace, upstream.base_url)
        spec = ModelSpec(model, "llm", context_tokens=16_000, features=frozenset(features))
        add_model(workspace=workspace, user=None, provider=PROVIDER, spec=spec, check=False)
        handle = run(resolve_model(workspace_id=workspace.pk, model_type="llm", provider=PROVIDER, name=model))
        return run(choose_filter(workspace_id=workspace.pk, handle=handle, dataset_ids=[library.pk], query=query))

    return choose


def said(*conditions: tuple[str, str, object], **more: str) -> str:
    rows = [dict(zip(("name", "comparison_operator", "value"), row, strict=True)) for row in conditions]
    return json.dumps({"conditions": rows, **more}, ensure_ascii=False)


def test_a_model_makes_conditions_of_the_question(choosing, upstream):
    asked = said(("year", "<", "1900"), ("author", "contains", "Ada"), logical_operator="or")
    choice = choosing(f"CALL:filter_documents{asked}", "tool-call")
    assert choice.filters == MetadataFilter(
        [Condition("year", "<", "1900"), Condition("author", "contains", "Ada")], meets_any=True
    )
    assert choice.prompt_tokens > 0
    [request] = upstream.last()
    [tool] = request["body"]["tools"]
    condition = tool["function"]["parameters"]["properties"]["conditions"]["items"]["properties"]
    assert set(condition["name"]["enum"]) == set(KINDS)
    assert '"year" (number): ' in request["body"]["messages"][0]["content"]


def test_a_model_without_functions_writes_them_down(choosing, upstream):
    choice = choosing(f"SAY:Here you are: {said(('author', 'is', 'Bob'))}")
    assert choice.filters == one("author", "is", "Bob")
    assert "tools" not in upstream.last()[0]["body"]


def test_conditions_that_do_not_suit_are_left_out(choosing):
    asked = said(("author", "is", "Bob"), ("nobody", "is", "x"), ("year", "contains", "1"), ("year", "=", "soon"))
    assert choosing(f"SAY:{asked}").filters == one("author", "is", "Bob")


@pytest.mark.parametrize("text", [said(), "none", "{", '{"conditions": 5}', "[" * 5_000, "word " * 2_000])
def test_without_a_usable_answer_nothing_is_filtered(choosing, text):
    assert choosing(f"SAY:{text}").filters is None


@pytest.mark.parametrize("model", ["fail-429", "fail-500", "cut-after-1", "garbage", "empty"])
def test_a_model_that_fails_filters_nothing(choosing, model, monkeypatch):
    monkeypatch.setattr("apps.models.attempts.BACK_OFF_S", 0)
    monkeypatch.setattr("apps.models.handles.TALK", Patience(2, 0.5))
    assert choosing("lamp", model=model).filters is None


def test_bases_without_fields_cost_no_call(choosing, upstream):
    MetadataField.objects.all().delete()
    assert choosing("lamp") == FilterChoice()
    assert upstream.last() == []


def test_a_base_keeps_no_conditions(workspace):
    conditions = {"conditions": [{"name": "a", "comparison_operator": "is", "value": "b"}]}
    base = create_dataset(
        workspace=workspace, name="Kept", indexing_technique="economy",
        retrieval_model={"search_method": "keyword_search", "metadata_filtering_conditions": conditions},
    )  # fmt: skip
    assert "metadata_filtering_conditions" not in base.retrieval_model
