"""The vendor's own SDK talks to the fake, which proves that the fake speaks the protocol."""

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from pydantic import BaseModel

from apps.models.drivers._openai_audio import SILENCE
from apps.models.fake_servers import KEY, WORDS, serving
from apps.models.fakes.openai import MP3_FRAMES, PIXEL, OpenAIFake
from tests.lazily import lazily

openai: Any = lazily("openai")
TOOLS: list[Any] = [{"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}]
T = TypeVar("T")


class Capital(BaseModel):
    answer: str


async def asked(call: Callable[[Any], T], **options: Any) -> T:
    async with serving(OpenAIFake(**options)) as url:
        client = openai.OpenAI(api_key=KEY, base_url=f"{url}/v1", max_retries=0)
        return await asyncio.to_thread(call, client)


def chat(client: Any, model: str = "gpt-4o-mini", **more: Any) -> Any:
    messages = more.pop("messages", [{"role": "user", "content": "hello"}])
    return client.chat.completions.create(model=model, messages=messages, **more)


async def test_a_chat() -> None:
    answer = await asked(chat)
    assert answer.choices[0].message.content == "".join(WORDS)
    assert (answer.choices[0].finish_reason, answer.usage.total_tokens) == ("stop", 55)


@pytest.mark.parametrize("dialect", ["openai", "azure", "openrouter"])
async def test_a_streamed_chat(dialect: str) -> None:
    def call(client: Any) -> list[Any]:
        return list(chat(client, stream=True, stream_options={"include_usage": True}))

    chunks = await asked(call, dialect=dialect)
    assert [c.choices[0].delta.content for c in chunks if c.choices and c.choices[0].delta.content] == list(WORDS)
    assert chunks[-1].usage.completion_tokens == 50


async def test_tools_there_and_back() -> None:
    def call(client: Any) -> Any:
        messages: list[Any] = [{"role": "user", "content": "add"}]
        message = chat(client, "tool-one", messages=messages, tools=TOOLS).choices[0].message
        messages.append(message.model_dump(include={"role", "content", "tool_calls"}, exclude_none=True))
        results = [{"role": "tool", "tool_call_id": call.id, "content": "3"} for call in message.tool_calls]
        return message, chat(client, "tool-one", messages=[*messages, *results], tools=TOOLS)

    message, answer = await asked(call)
    assert [json.loads(call.function.arguments) for call in message.tool_calls] == [{"a": 1}, {"b": 2}]
    assert answer.choices[0].message.content == "".join(WORDS)


async def test_structured_output() -> None:
    def call(client: Any) -> Any:
        messages: list[Any] = [{"role": "user", "content": "Capital?"}]
        return client.chat.completions.parse(model="gpt-4o-mini", messages=messages, response_format=Capital)

    answer = await asked(call)
    assert answer.choices[0].message.parsed == Capital(answer="ok")


async def test_embeddings_as_the_sdk_asks_for_them() -> None:
    answer = await asked(lambda client: client.embeddings.create(model="e", input=["a", "b"], dimensions=8))
    assert [len(row.embedding) for row in answer.data] == [8, 8]
    assert sum(answer.data[0].embedding) == 1


async def test_speech_both_ways() -> None:
    def call(client: Any) -> tuple[str, bytes]:
        heard = client.audio.transcriptions.create(model="whisper-1", file=("a.wav", SILENCE.data))
        said = client.audio.speech.create(model="tts-1", voice="alloy", input="Hello.", response_format="mp3")
        return heard.text, said.read()

    assert await asked(call) == ("1644 bytes of a.wav", b"".join(MP3_FRAMES))


async def test_moderations() -> None:
    answer = await asked(lambda client: client.moderations.create(input=["nice", "some violence"]))
    assert [row.flagged for row in answer.results] == [False, True]
    assert answer.results[1].categories.violence
    assert not answer.results[1].categories.self_harm


@pytest.mark.parametrize("model", ["dall-e-3", "gpt-image-1"])
async def test_pictures(model: str) -> None:
    more: dict[str, Any] = {} if model.startswith("gpt") else {"response_format": "b64_json"}
    answer = await asked(lambda client: client.images.generate(model=model, prompt="x", size="1024x1024", **more))
    assert base64.b64decode(answer.data[0].b64_json or "") == PIXEL


async def test_the_list_of_models() -> None:
    answer = await asked(lambda client: [model.id for model in client.models.list()])
    assert "gpt-4o-mini" in answer


async def test_azures_client_finds_its_deployments() -> None:
    async with serving(OpenAIFake(dialect="azure")) as url:
        client = openai.AzureOpenAI(api_key=KEY, azure_endpoint=url, api_version="2024-10-21", max_retries=0)
        answer = await asyncio.to_thread(chat, client, "my-gpt")
    assert answer.choices[0].message.content == "".join(WORDS)


ERRORS = {
    "fail-401": "AuthenticationError",
    "fail-404": "NotFoundError",
    "fail-429": "RateLimitError",
    "fail-500": "InternalServerError",
}


@pytest.mark.parametrize("model", ERRORS)
async def test_errors_have_the_form_that_the_sdk_knows(model: str) -> None:
    with pytest.raises(getattr(openai, ERRORS[model]), match="as asked"):
        await asked(lambda client: chat(client, model))


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown field": ({"extra_body": {"top_k": 4}}, "Unrecognized request argument supplied: top_k"),
    "a temperature out of range": ({"temperature": 3}, "temperature"),
    "five stop sequences": ({"stop": list("abcde")}, "stop"),
    "stream options without a stream": ({"stream_options": {"include_usage": True}}, "only allowed when"),
    "two limits": ({"max_tokens": 1, "max_completion_tokens": 1}, "at the same time"),
    "json_object without the word": ({"response_format": {"type": "json_object"}}, "must contain the word 'json'"),
    "a result without a call": (
        {"messages": [{"role": "tool", "tool_call_id": "x", "content": "1"}]},
        "must follow a message with its 'tool_calls'",
    ),
    "a picture that is no address": (
        {
            "messages": [
                {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:text/plain,hi"}}]},
            ]
        },
        "image_url",
    ),
    "a schema that cannot be strict": (
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "a", "strict": True, "schema": {"type": "object", "properties": {}}},
            }
        },
        "additionalProperties",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_the_fake_refuses(name: str) -> None:
    fields, words = REFUSED[name]
    with pytest.raises(openai.BadRequestError, match=words):
        await asked(lambda client: chat(client, **fields))


async def test_the_fake_refuses_a_wrong_key_path_and_file() -> None:
    async with serving(OpenAIFake()) as url:
        wrong = openai.OpenAI(api_key="nope", base_url=f"{url}/v1", max_retries=0)
        with pytest.raises(openai.AuthenticationError, match="Incorrect API key"):
            await asyncio.to_thread(chat, wrong)
        lost = openai.OpenAI(api_key=KEY, base_url=f"{url}/v9", max_retries=0)
        with pytest.raises(openai.NotFoundError, match="There is no POST /v9/chat/completions"):
            await asyncio.to_thread(chat, lost)
    with pytest.raises(openai.BadRequestError, match="Supported formats"):
        await asked(lambda client: client.audio.transcriptions.create(model="whisper-1", file=("a.amr", b"x")))
