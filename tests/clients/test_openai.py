"""The published openai package, unchanged, against chat apps of the running product."""

from typing import Any

import pytest
from asgiref.sync import sync_to_async

from apps.common.perloop import run
from apps.knowledge.services.datasets import create_dataset
from apps.knowledge.services.documents import create_document_from_text
from apps.knowledge.services.indexing import index_document
from tests.factories import make_app, make_key, make_provider, upstream_config
from tests.lazily import lazily

openai: Any = lazily("openai")
QUESTION: Any = [{"role": "user", "content": "What may a hotel cost?"}]


def client_of(server, app, **options) -> Any:
    return openai.OpenAI(api_key=make_key(app), base_url=f"{server.url}/v1", max_retries=0, **options)


@pytest.fixture
def client(server, app) -> Any:
    return client_of(server, app)


@pytest.fixture
def reader(workspace):
    """An app that quotes a rule and names its source."""
    dataset = create_dataset(workspace=workspace, name="Rules", indexing_technique="economy")
    document = create_document_from_text(
        dataset=dataset, name="rules.md", text="A hotel night may cost up to 120 euros."
    )
    run(index_document(document.pk))
    datasets = {"datasets": [{"dataset": {"id": str(dataset.pk), "enabled": True}}]}
    config = {"dataset_configs": {"datasets": datasets}, "retriever_resource": {"enabled": True}}
    return make_app(workspace, config)


def test_the_app_is_the_only_model(client, app):
    [model] = client.models.list().data
    assert (model.id, model.object) == (app.name, "model")


def test_an_answer_with_usage(client, app):
    answer = client.chat.completions.create(model=app.name, messages=QUESTION, user="ada")
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens > 0


def test_citations_come_as_an_extra_key(server, reader):
    client = client_of(server, reader)
    answer = client.chat.completions.create(model=str(reader.pk), messages=QUESTION)
    assert "120 euros" in answer.choices[0].message.content
    [citation] = answer.choices[0].message.citations
    assert (citation["document_name"], citation["position"]) == ("rules.md", 1)
    *_, last = client.chat.completions.create(model=reader.name, messages=QUESTION, stream=True)
    assert last.choices[0].delta.citations[0]["document_name"] == "rules.md"


@pytest.mark.parametrize("include_usage", [True, False])
def test_a_stream(client, app, include_usage):
    stream = client.chat.completions.create(
        model=app.name, messages=QUESTION, stream=True, stream_options={"include_usage": include_usage}
    )
    chunks = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert (chunks[-1].usage is not None) is include_usage


def test_the_streaming_helper(client, app):
    with client.chat.completions.stream(model=app.name, messages=QUESTION) as stream:
        text = "".join(event.delta for event in stream if event.type == "content.delta")
    assert text == stream.get_final_completion().choices[0].message.content


async def test_the_asynchronous_client(server, app):
    key = await sync_to_async(make_key)(app)
    client = openai.AsyncOpenAI(api_key=key, base_url=f"{server.url}/v1")
    async with client:
        stream = await client.chat.completions.create(model=app.name, messages=QUESTION, stream=True)
        assert [chunk async for chunk in stream][-1].choices[0].finish_reason == "stop"


def test_history_goes_in(server, workspace, upstream):
    make_provider(workspace, upstream.base_url, "fake")
    app = make_app(workspace, upstream_config("fake"))
    messages: Any = [
        *QUESTION,
        {"role": "assistant", "content": "120 euros."},
        {"role": "user", "content": "And a meal?"},
    ]
    client_of(server, app).chat.completions.create(model=app.name, messages=messages)
    assert [item["content"] for item in upstream.last()[0]["body"]["messages"]] == [
        item["content"] for item in messages
    ]


def test_a_conversation_goes_on_by_an_extra_field(client, app):
    first = client.chat.completions.create(model=app.name, messages=QUESTION, user="ada")
    extra = {"conversation_id": first.conversation_id}
    second = client.chat.completions.create(model=app.name, messages=QUESTION, user="ada", extra_body=extra)
    assert second.conversation_id == first.conversation_id


def test_errors_are_the_packages_own(server, workspace, upstream, client, app):
    with pytest.raises(openai.NotFoundError) as missing:
        client.chat.completions.create(model="gpt-4o", messages=QUESTION)
    assert (missing.value.code, missing.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model=app.name, messages=[])
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(api_key="app-none", base_url=f"{server.url}/v1").models.list()
    make_provider(workspace, upstream.base_url, "cut-after-9")
    broken = make_app(workspace, upstream_config("cut-after-9"))
    with pytest.raises(openai.APIError, match="ended"):
        list(client_of(server, broken).chat.completions.create(model="Helper", messages=QUESTION, stream=True))
