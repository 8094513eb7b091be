"""What a turn makes of filters, of passages found by their chunks, of answers and of pages."""

import json

import pytest

from apps.common.perloop import run
from apps.knowledge.models import Dataset, Document, MetadataField, Segment
from apps.knowledge.services.datasets import create_dataset
from apps.knowledge.services.documents import create_document_from_text
from apps.knowledge.services.indexing import index_pending
from apps.models.contracts import ModelSpec
from apps.models.services.models import add_model
from tests.factories import make_app, make_key, make_provider
from tests.http import Client
from tests.knowledge.families import give_children
from tests.knowledge.texts import ONE_A_LINE

PROVIDER = "openai_api_compatible"


@pytest.fixture
def base(workspace) -> Dataset:
    """A lamp of 1843 and one of 1999."""
    dataset = create_dataset(workspace=workspace, name="Lamps", indexing_technique="economy")
    MetadataField.objects.create(dataset=dataset, name="year", type="number")
    for year in (1843, 1999):
        document = create_document_from_text(
            dataset=dataset, name=str(year), text=f"The lamp of {year} is old.", process_rule=ONE_A_LINE
        )
        Document.objects.filter(pk=document.pk).update(doc_metadata={"year": year})
    run(index_pending())
    return dataset


@pytest.fixture
def asking(server, workspace, upstream):
    """Asks an app that reads a base."""

    def ask(base: Dataset, query: str, *, model: str = "fake", window: int = 16_000, inputs=None, **settings):
        make_provider(workspace, upstream.base_url, "other")
        spec = ModelSpec(model, "llm", context_tokens=window, features=frozenset({"tool-call"}))
        add_model(workspace=workspace, user=None, provider=PROVIDER, spec=spec, check=False)
        config = {
            "model": {"provider": PROVIDER, "name": model, "mode": "chat"},
            "user_input_form": [{"text-input": {"label": "Year", "variable": "year", "required": False}}],
            "dataset_configs": {"datasets": {"datasets": [{"dataset": {"id": str(base.pk)}}]}, "top_k": 9, **settings},
            "retriever_resource": {"enabled": True},
        }
        client = Client(server.url, make_key(make_app(workspace, config)))
        body = {"inputs": inputs or {}, "query": query, "user": "ada", "auto_generate_name": False}
        return client.post("/v1/chat-messages", body)

    return ask


def sources(answer) -> list[dict]:
    assert answer.status == 200, answer.body
    return answer.json()["metadata"].get("retriever_resources", [])


def names(answer) -> list[str]:
    return sorted(source["document_name"] for source in sources(answer))


def manual(value: object, operator: str = "=", name: str = "year") -> dict:
    conditions = [{"id": "1", "name": name, "comparison_operator": operator, "value": value}]
    return {
        "metadata_filtering_mode": "manual",
        "metadata_filtering_conditions": {"logical_operator": "and", "conditions": conditions},
    }


def test_ret_09_the_apps_conditions_choose_the_documents(asking, base):
    assert names(asking(base, "lamp", **manual(1999))) == ["1999"]
    assert names(asking(base, "lamp", **{**manual(1999), "metadata_filtering_mode": "disabled"})) == ["1843", "1999"]
    assert names(asking(base, "lamp", **manual("{{year}}", "≥"), inputs={"year": "1900"})) == ["1999"]
    assert names(asking(base, "lamp", **manual(["{{year}}", "1999"], "in"), inputs={"year": "1843"})) == [
        "1843",
        "1999",
    ]


def test_a_condition_on_a_field_left_empty_is_not_asked_for(asking, base):
    assert names(asking(base, "lamp", **manual("{{year}}"))) == ["1843", "1999"]


@pytest.mark.parametrize("wrong", [manual("{{typo}}"), manual(1, name="gone"), manual(1, "like")])
def test_a_condition_that_cannot_be_met_is_said(asking, base, wrong):
    answer = asking(base, "lamp", **wrong)
    assert (answer.status, answer.json()["code"]) == (400, "invalid_param")


def test_the_base_that_was_chosen_need_not_have_the_field(asking, base):
    assert names(asking(base, "lamp", retrieval_model="single", **manual(1, name="gone"))) == []


def test_a_model_makes_the_conditions_of_the_question(asking, base, upstream):
    conditions = [{"name": "year", "comparison_operator": "<", "value": "1900"}]
    query = f"lamp CALL:filter_documents{json.dumps({'conditions': conditions})}"
    answer = asking(base, query, metadata_filtering_mode="automatic")
    assert names(answer) == ["1843"]
    answered, chosen = upstream.last()
    assert [answered["body"]["model"], chosen["body"]["model"]] == ["fake", "fake"]
    assert "tools" not in answered["body"]
    usage = answer.json()["metadata"]["usage"]
    assert usage["completion_tokens"] > 50  # of both calls
    asking(
        base, query, metadata_filtering_mode="automatic", metadata_model_config={"provider": PROVIDER, "name": "other"}
    )
    assert [row["body"]["model"] for row in upstream.last()[:2]] == ["fake", "other"]


@pytest.mark.parametrize("model", ["other", "nowhere"])
def test_an_answer_does_not_fail_with_the_model_that_filters(asking, base, model):
    settings = {"metadata_model_config": {"provider": PROVIDER, "name": model}}
    answer = asking(base, "lamp SAY:no", metadata_filtering_mode="automatic", **settings)
    assert names(answer) == ["1843", "1999"]


# --- What the model reads and the citations show -------------------------------------------------------------------


def prompt_of(upstream) -> str:
    return upstream.last()[0]["body"]["messages"][0]["content"]


def test_kb_17_the_model_reads_question_and_answer(asking, base, upstream):
    Segment.objects.filter(content__contains="1843").update(answer="It burns oil.")
    answer = asking(base, "lamp of 1843")
    text = "question:The lamp of 1843 is old. \nanswer:It burns oil."
    assert text in prompt_of(upstream)
    assert sources(answer)[0]["content"] == text


def test_citations_name_the_page(asking, base):
    Segment.objects.filter(content__contains="1843").update(page=12)
    pages = {source["document_name"]: source.get("page", "none") for source in sources(asking(base, "lamp"))}
    assert pages == {"1843": 12, "1999": "none"}


@pytest.fixture
def families(workspace) -> Dataset:
    """Three long passages whose first sentences alone speak of lamps."""
    dataset = create_dataset(workspace=workspace, name="Families", indexing_technique="economy")
    Dataset.objects.filter(pk=dataset.pk).update(doc_form="hierarchical_model")
    text = "\n".join(f"Lamp {number} is old; " + f"word{number} " * 35 for number in (1, 2, 3))
    document = create_document_from_text(dataset=dataset, name="Long", text=text, process_rule=ONE_A_LINE)
    run(index_pending())
    give_children(document, "; ")
    return dataset


def test_the_model_reads_passages_and_citations_show_them(asking, families, upstream):
    Segment.objects.filter(parent=None).update(page=4)
    found = sources(asking(families, "lamp"))
    parents = {str(parent.pk): parent for parent in Segment.objects.filter(parent=None)}
    assert {source["segment_id"] for source in found} == set(parents)
    for source in found:
        parent = parents[source["segment_id"]]
        assert (source["content"], source["segment_position"], source["page"]) == (parent.content, parent.position, 4)
        assert parent.content in prompt_of(upstream)


def test_ret_10_long_passages_are_shortened_to_what_was_found_of_them(asking, families, upstream):
    """A passage of 5,000 tokens has no room in a window of 2,000, the chunk it was found by has."""
    for parent in Segment.objects.filter(parent=None):
        Segment.objects.filter(pk=parent.pk).update(content=parent.content + "word " * 4_000)
    answer = asking(families, "lamp", window=2_000)
    assert len(sources(answer)) == 3
    prompt = prompt_of(upstream)
    assert all(f"Lamp {number} is old" in prompt for number in (1, 2, 3))
    assert "word word" not in prompt
