"""The driver against the fake of its protocol in every dialect, and its further operations."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from apps.models.contracts import (
    AudioFile,
    ChatMessage,
    ChatRequest,
    Endpoint,
    Finish,
    ModelSpec,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    Verdict,
)
from apps.models.errors import (
    PromptTooLong,
    ProviderBadAnswer,
    ProviderBadRequest,
    ProviderConnectionError,
    ProviderContentFiltered,
    ProviderError,
    ProviderQuotaExceeded,
    ProviderRateLimited,
    ProviderUnauthorised,
    ProviderUnavailable,
)
from apps.models.fake_servers import KEY, WORDS, serving
from apps.models.fakes._openai_answers import DIALECTS
from apps.models.fakes.openai import MP3_FRAMES, PIXEL, OpenAIFake

from .helpers import chat, driver, endpoint, text_in

ADD = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}
EMBEDDER = ModelSpec("e", "text-embedding")
SPEAKER = ModelSpec("speech-1", "tts")
VERDICTS = ModelSpec("omni-moderation-latest", "moderation")
THOUGHTS = "<think>\nLet me think.\n</think>\n\n"


@dataclass(frozen=True, slots=True)
class Served:
    fake: OpenAIFake
    where: Endpoint

    @property
    def sent(self) -> Any:
        return self.fake.received[-1].json


@asynccontextmanager
async def served(options: Mapping[str, Any] | None = None, **fake: Any) -> AsyncIterator[Served]:
    server = OpenAIFake(**fake)
    async with serving(server) as url:
        yield Served(server, endpoint(server.credentials(url)["base_url"], options=options, key=KEY))


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_text_comes_word_by_word_in_every_dialect(dialect: str) -> None:
    async with served(dialect=dialect) as here:
        pieces = await chat(here.where)
    assert pieces[:-2] == [TextDelta(word) for word in WORDS]
    assert pieces[-2] == TextDelta("")
    counted = DIALECTS[dialect].has_usage
    assert pieces[-1] == (Finish("stop", 5, 50) if counted else Finish("stop"))


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_thoughts_are_marked_in_every_dialect(dialect: str) -> None:
    async with served(dialect=dialect) as here:
        assert text_in(await chat(here.where, "think")) == THOUGHTS + "".join(WORDS)


@pytest.mark.parametrize("style", ["tools", "functions"])
@pytest.mark.parametrize("dialect", DIALECTS)
async def test_tools_there_and_back_in_every_dialect(dialect: str, style: str) -> None:
    async with served({"tool_style": style}, dialect=dialect) as here:
        ask = [ChatMessage("user", "add")]
        pieces = await chat(here.where, "tool", request=ChatRequest(ask, tools=[ADD]))
        assert isinstance(pieces[0], ToolCallDelta)
        calls = pieces[0].calls
        assert [(call.name, call.arguments) for call in calls] == [("add", '{"a": 1}'), ("add", '{"b": 2}')][
            : len(calls)
        ]
        assert len(calls) == (2 if style == "tools" else 1)
        results = [ChatMessage("tool", "3", tool_call_id=call.id) for call in calls]
        history = [*ask, ChatMessage("assistant", "", tool_calls=calls), *results]
        assert text_in(await chat(here.where, "tool", request=ChatRequest(history, tools=[ADD]))) == "".join(WORDS)
    assert [type(piece) for piece in pieces[1:]] == [TextDelta, Finish]
    assert pieces[-1].reason == "tool_calls"


async def test_thoughts_go_back_with_the_results_of_calls() -> None:
    async with served({"thoughts_back": True}, extra_fields=["reasoning_content"]) as here:
        call = ToolCall("c1", "add", "{}", signature="I must add.")
        history = [
            ChatMessage("user", "add"),
            ChatMessage("assistant", "", tool_calls=[call]),
            ChatMessage("tool", "3", tool_call_id="c1"),
        ]
        await chat(here.where, request=ChatRequest(history, tools=[ADD]))
        assert here.sent["messages"][1]["reasoning_content"] == "I must add."


async def test_a_schema_is_answered_with_json() -> None:
    schema = {"type": "object", "properties": {"answer": {"type": "string"}}}
    async with served() as here:
        parameters = {"response_format": "json_schema", "json_schema": schema}
        pieces = await chat(here.where, request=ChatRequest([ChatMessage("user", "?")], parameters))
    assert text_in(pieces) == '{"answer": "ok"}'


async def test_a_picture_is_sent_as_a_part() -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD", "detail": "low"}}
    content: list[Mapping[str, Any]] = [{"type": "text", "text": "What?"}, picture]
    async with served() as here:
        await chat(here.where, request=ChatRequest([ChatMessage("user", content)]))
        assert here.sent["messages"] == [{"role": "user", "content": content}]


FAULTS: dict[str, tuple[type[ProviderError], str]] = {
    "fail-400": (ProviderBadRequest, "as asked"),
    "fail-401": (ProviderUnauthorised, "as asked"),
    "fail-402": (ProviderQuotaExceeded, "as asked"),
    "fail-403": (ProviderUnauthorised, "as asked"),
    "fail-429": (ProviderRateLimited, "as asked"),
    "fail-503": (ProviderUnavailable, "as asked"),
    "too-long": (PromptTooLong, "maximum context length is 8192 tokens"),
    "no-credit": (ProviderQuotaExceeded, "exceeded your current quota"),
    "cut-after-3": (ProviderConnectionError, "ended prematurely"),
    "hang-after-3": (ProviderConnectionError, "no data"),
    "garbage": (ProviderBadAnswer, "protocol promises"),
    "empty": (ProviderBadAnswer, "empty"),
    "filtered": (ProviderContentFiltered, "content filter"),
}


@pytest.mark.parametrize("dialect", ["openai", "azure", "zhipu", "bare"])
@pytest.mark.parametrize("model", FAULTS)
async def test_every_fault_has_its_class(model: str, dialect: str) -> None:
    kind, words = FAULTS[model]
    async with served(dialect=dialect) as here:
        with pytest.raises(kind, match=words):
            await chat(here.where, model)


@pytest.mark.parametrize("dialect", ["minimax", "spark"])
@pytest.mark.parametrize("model", ["fail-401", "fail-402", "fail-429", "fail-500", "too-long", "no-credit"])
async def test_an_error_in_a_success_has_its_class_too(model: str, dialect: str) -> None:
    kind, words = FAULTS.get(model, (ProviderUnavailable, "as asked"))
    async with served(dialect=dialect) as here:
        with pytest.raises(ProviderError, match=words) as caught:
            await chat(here.where, model)
        assert caught.type is (ProviderUnauthorised if (model, dialect) == ("fail-401", "spark") else kind)
        with pytest.raises(ProviderError, match=words):
            await driver().check(here.where, ModelSpec(model, "llm"))
        with pytest.raises(ProviderError, match=words):
            await driver().embed(here.where, ModelSpec(model, "text-embedding"), ["a"])


async def test_an_answer_that_was_too_long_says_so() -> None:
    async with served() as here:
        assert (await chat(here.where, "long"))[-1] == Finish("length", 5, 50)


async def test_a_completion_model_has_its_own_address() -> None:
    async with served() as here:
        spec = ModelSpec("davinci", "llm", mode="completion")
        request = ChatRequest([ChatMessage("user", "Once")], {"response_format": "json_object"})
        pieces = [piece async for piece in driver().stream_chat(here.where, spec, request)]
        assert here.fake.received[0].path == "/v1/completions"
    assert text_in(pieces) == "".join(WORDS)
    assert pieces[-1] == Finish("stop", 5, 50)


AZURE = {
    "auth_header": "api-key",
    "auth_prefix": "",
    "base_path": "/openai/v1",
    "versioned_paths": {
        "chat": "/openai/deployments/{model}/chat/completions",
        "embeddings": "/openai/deployments/{model}/embeddings",
        "models": "/openai/models",
    },
}


@pytest.mark.parametrize("version", ["", "2024-10-21"])
async def test_azure_both_ways(version: str) -> None:
    fake = OpenAIFake(dialect="azure")
    async with serving(fake) as url:
        where = endpoint(url, options=AZURE, key=KEY, credentials={"api_version": version})
        assert text_in(await chat(where, "my-gpt")) == "".join(WORDS)
        await driver().embed(where, EMBEDDER, ["a"])
        await driver().check(where, None)
    expected = ["/openai/v1/chat/completions", "/openai/v1/embeddings", "/openai/v1/models"]
    if version:
        expected = ["/openai/deployments/my-gpt/chat/completions", "/openai/deployments/e/embeddings", "/openai/models"]
    assert [request.path for request in fake.received] == expected
    assert {request.query.get("api-version", "") for request in fake.received} == {version}
    assert all(request.headers["api-key"] == KEY for request in fake.received)


# --- embeddings -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", [None, "base64"])
async def test_vectors(encoding: str | None) -> None:
    options = {"embedding_encoding": encoding, "embedding_extra": {"input_type": "passage"}}
    async with served(options, extra_fields=["input_type"], dimensions=4) as here:
        found = await driver().embed(here.where, EMBEDDER, ["a", "b", ""])
        assert here.sent["input"] == ["a", "b", " "]
        assert here.sent["input_type"] == "passage"
    assert [list(vector).index(1) for vector in found.vectors] == [ord(text) % 4 for text in "ab "]
    assert found.tokens == 3


async def test_vectors_as_minimax_has_them() -> None:
    async with served({"embedding_style": "minimax"}, dialect="minimax", embedding="minimax") as here:
        found = await driver().embed(here.where, EMBEDDER, ["a", "b"])
        assert here.sent == {"model": "e", "texts": ["a", "b"], "type": "db"}
    assert (len(found.vectors), len(found.vectors[0]), found.tokens) == (2, 1536, 2)


# --- speech ---------------------------------------------------------------------------------------------------


async def spoken(where: Endpoint, text: str = "Hello.", voice: str = "") -> bytes:
    return b"".join([part async for part in driver().speak(where, SPEAKER, text, voice)])


async def test_speech_with_the_providers_voice_length_and_fields() -> None:
    options = {"default_voice": "tongtong", "speech_characters": 10, "speech_extra": {"speed": 1.5}}
    async with served(options) as here:
        assert await spoken(here.where, "One two. Three.") == b"".join(MP3_FRAMES) * 2
        assert here.sent == {
            "model": "speech-1", "input": "Three.", "voice": "tongtong", "response_format": "mp3", "speed": 1.5
        }  # fmt: skip


async def test_speech_as_minimax_has_it() -> None:
    options = {"speech_style": "minimax", "paths": {"speech": "/t2a_v2"}, "default_voice": "Calm_Woman"}
    fake = {"dialect": "minimax", "speech": "minimax", "paths": {"speech": "/t2a_v2"}}
    async with served(options, **fake) as here:
        assert await spoken(here.where) == b"".join(MP3_FRAMES)
        assert here.fake.received[0].path == "/v1/t2a_v2"
        assert here.sent == {
            "model": "speech-1",
            "text": "Hello.",
            "stream": False,
            "output_format": "hex",
            "voice_setting": {"voice_id": "Calm_Woman"},
            "audio_setting": {"format": "mp3"},
        }
        with pytest.raises(ProviderRateLimited, match="as asked"):
            [part async for part in driver().speak(here.where, ModelSpec("fail-429", "tts"), "a", "")]


async def test_a_recording_of_a_format_that_is_refused_names_those_that_are_not() -> None:
    async with served({"transcription_extra": {"language": "de"}}) as here:
        hears = ModelSpec("whisper-1", "speech2text")
        heard = await driver().transcribe(here.where, hears, AudioFile("a.mp3", "audio/mpeg", b"x"))
        assert heard.text == "1 bytes of a.mp3"
        assert b'name="language"\r\n\r\nde\r\n' in here.fake.received[0].body
        with pytest.raises(ProviderBadRequest, match=r"Supported formats: \['flac', 'mp3'"):
            await driver().transcribe(here.where, hears, AudioFile("a.amr", "audio/amr", b"x"))


# --- moderation and pictures ----------------------------------------------------------------------------------


async def test_texts_are_judged_in_their_order() -> None:
    async with served() as here:
        found = await driver().moderate(here.where, VERDICTS, ["nice", "hate and violence"])
        assert here.sent == {"model": "omni-moderation-latest", "input": ["nice", "hate and violence"]}
    assert found == [Verdict(False), Verdict(True, ("hate", "violence"))]


async def test_a_verdict_too_few_is_refused() -> None:
    async with served() as here:
        with pytest.raises(ProviderBadAnswer, match="not JSON"):
            await driver().moderate(here.where, ModelSpec("garbage", "moderation"), ["a"])
        with pytest.raises(ProviderUnauthorised):
            await driver().check(here.where, ModelSpec("fail-401", "moderation"))
        await driver().check(here.where, VERDICTS)


@pytest.mark.parametrize("wanted", ["b64_json", "url"])
async def test_pictures_come_within_the_answer_or_are_fetched(wanted: str) -> None:
    async with served({"picture_format": wanted}) as here:
        found = await driver().draw(here.where, "dall-e-3", "a cat", "1024x1024", 2)
        assert here.fake.received[0].json == {
            "model": "dall-e-3", "prompt": "a cat", "size": "1024x1024", "n": 2, "response_format": wanted
        }  # fmt: skip
    assert [(picture.mime_type, picture.data) for picture in found] == [("image/png", PIXEL)] * 2


async def test_a_picture_model_that_always_gives_base64_is_not_asked_for_it() -> None:
    async with served() as here:
        assert len(await driver().draw(here.where, "gpt-image-1", "a cat", "1024x1024", 1)) == 1
        assert "response_format" not in here.sent
        with pytest.raises(ProviderUnavailable, match="as asked"):
            await driver().draw(here.where, "fail-503", "a cat", "1024x1024", 1)


@pytest.mark.parametrize("type", ["llm", "text-embedding", "rerank", "speech2text", "tts", "moderation"])
async def test_a_check_makes_one_call_of_the_model(type: Any) -> None:
    async with served() as here:
        await driver().check(here.where, ModelSpec("m", type))
        assert len(here.fake.received) == 1
        await driver().check(here.where, None)
        assert (here.fake.received[-1].method, here.fake.received[-1].path) == ("GET", "/v1/models")
