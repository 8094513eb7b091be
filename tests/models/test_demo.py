"""The built-in provider: always the same, honest about what it is, answering from the knowledge it is given."""

import json
import math
from typing import Any

import pytest

from apps.models.catalogue import get_provider
from apps.models.configured import make_endpoint
from apps.models.contracts import ChatMessage, ChatPiece, ChatRequest, Finish, ModelSpec, TextDelta, ToolCallDelta

from .helpers import text_in

PROVIDER = get_provider("demo")
CHAT = PROVIDER.specs["llm", "demo-chat"]
EMBEDDER = PROVIDER.specs["text-embedding", "demo-embedding"]
KNOWLEDGE = """Answer from this.
<context>
The Zephyr pump must be serviced every 400 hours. It weighs 12 kg. Its colour is blue.
The warranty covers three years of normal use.
水泵每四百小时需要维护一次。保修期为三年。
</context>"""


async def ask(question: str, system: str = KNOWLEDGE, **fields) -> list[ChatPiece]:
    request = ChatRequest([ChatMessage("system", system), ChatMessage("user", question)], **fields)
    return await answer(request)


async def answer(request: ChatRequest) -> list[ChatPiece]:
    driver, endpoint = PROVIDER.make_driver(), make_endpoint(PROVIDER, {})
    return [piece async for piece in driver.stream_chat(endpoint, CHAT, request)]


@pytest.mark.parametrize(
    ("question", "quoted"),
    [
        ("How often does the pump need servicing?", "The Zephyr pump must be serviced every 400 hours."),
        ("What colour is it?", "Its colour is blue."),
        ("How long is the warranty?", "The warranty covers three years of normal use."),
        ("水泵多久维护一次？", "水泵每四百小时需要维护一次。"),
    ],
)
async def test_it_quotes_the_sentence_that_answers(question: str, quoted: str) -> None:
    text = text_in(await ask(question))
    assert text.startswith(quoted)
    assert "demo model" in text


async def test_the_same_request_gives_the_same_pieces_word_by_word() -> None:
    first = await ask("What colour is it?")
    assert first == await ask("What colour is it?")
    assert first[0] == TextDelta("Its ")
    assert first[-2] == TextDelta("")
    assert isinstance(first[-1], Finish)
    assert (first[-1].reason, first[-1].prompt_tokens) > ("stop", 50)


async def test_it_says_so_when_the_knowledge_has_no_answer() -> None:
    text = text_in(await ask("Who invented the telescope?"))
    assert "demo model" in text
    assert "does not seem to say anything" in text


async def test_without_knowledge_it_says_what_it_is_and_what_to_do() -> None:
    text = text_in(await ask("Tell me a joke", system="Be funny."))
    assert "built-in demo model" in text
    assert "Model Provider" in text
    assert "Tell me a joke" in text


async def test_a_follow_up_question_looks_back() -> None:
    messages = [
        ChatMessage("system", KNOWLEDGE),
        ChatMessage("user", "How long is the warranty?"),
        ChatMessage("assistant", "Three years."),
        ChatMessage("user", "And what does it cover?"),
    ]
    assert text_in(await answer(ChatRequest(messages))).startswith("The warranty covers three years")


async def test_tools_are_called_when_asked_for_and_only_if_offered() -> None:
    tools = [{"type": "function", "function": {"name": "add"}}, {"type": "function", "function": {"name": "now"}}]
    pieces = await ask('CALL:add{"a": {"b": 1}} and CALL:now and CALL:rm{}', tools=tools)
    assert isinstance(pieces[0], ToolCallDelta)
    assert [(call.name, call.arguments) for call in pieces[0].calls] == [("add", '{"a": {"b": 1}}'), ("now", "{}")]
    assert text_in(pieces) == ""
    assert text_in(await ask("CALL:add{}")) != ""


async def test_a_tools_result_is_repeated() -> None:
    messages = [ChatMessage("user", "CALL:add{}"), ChatMessage("tool", "42", tool_call_id="call_0")]
    assert text_in(await answer(ChatRequest(messages))) == "The tool returned: 42"


FIELDS = {
    "text": {"type": "string"},
    "hue": {"enum": ["red", "blue"]},
    "n": {"type": "integer"},
    "ok": {"type": "boolean"},
    "tags": {"type": "array", "items": {"type": "string"}},
}
SCHEMA = {"type": "json_schema", "json_schema": {"schema": {"type": "object", "properties": FIELDS}}}
BLUE = "Its colour is blue."


@pytest.mark.parametrize(
    ("question", "parameters", "expected"),
    [
        ("What colour is it?", {"response_format": "json_object"}, {"answer": BLUE}),
        ("What colour is it?", {"response_format": {"type": "json_object"}}, {"answer": BLUE}),
        ('What colour is it? Answer as JSON like {"title": "...", "n": 1}', {}, {"title": BLUE, "n": 1}),
        (
            "What colour is it?",
            {"response_format": SCHEMA},
            {"text": BLUE, "hue": "blue", "n": 0, "ok": False, "tags": [BLUE]},
        ),
    ],
)
async def test_json_is_json(question: str, parameters: dict[str, Any], expected: dict[str, Any]) -> None:
    assert json.loads(text_in(await ask(question, parameters=parameters))) == expected


async def test_a_list_of_questions_is_a_json_array() -> None:
    text = text_in(await ask("Suggest three questions. Output a JSON array.", system="x"))
    assert all(isinstance(item, str) for item in json.loads(text))


@pytest.mark.parametrize(
    "question",
    ["JSON", "answer in json {", "{{{{", 'CALL:x{"', "", "\0", "<context></context>", "<context>", "?" * 10_000],
)
async def test_odd_questions_are_answered(question: str) -> None:
    pieces = await ask(question)
    assert text_in(pieces)
    assert isinstance(pieces[-1], Finish)


async def test_stop_words_and_max_tokens_end_the_answer() -> None:
    assert text_in(await ask("What colour is it?", stop=["is"])) == "Its colour "
    pieces = await ask("What colour is it?", parameters={"max_tokens": 3})
    assert text_in(pieces) == "Its colour i"
    assert isinstance(pieces[-1], Finish)
    assert pieces[-1].reason == "length"


async def test_vectors_are_unit_deterministic_and_near_where_words_are_shared() -> None:
    texts = ["service the pump", "the pump was serviced", "a blue sky", "水泵维护", "维护水泵", "", "!?"]
    driver, endpoint = PROVIDER.make_driver(), make_endpoint(PROVIDER, {})
    vectors = (await driver.embed(endpoint, EMBEDDER, texts)).vectors
    assert {len(vector) for vector in vectors} == {1024}
    assert all(math.hypot(*vector) == pytest.approx(1) for vector in vectors)
    assert vectors == (await driver.embed(endpoint, EMBEDDER, texts)).vectors

    def near(a: int, b: int) -> float:
        return sum(x * y for x, y in zip(vectors[a], vectors[b], strict=True))

    assert near(0, 1) > 0.5 > near(0, 2)
    assert near(3, 4) > 0.5 > near(3, 0)


async def test_documents_are_ranked_by_shared_words() -> None:
    driver, endpoint = PROVIDER.make_driver(), make_endpoint(PROVIDER, {})
    spec = ModelSpec("demo-rerank", "rerank")
    ranks = await driver.rerank(endpoint, spec, "pump service", ["blue sky", "pump", "servicing pumps", ""], 3)
    assert [rank.index for rank in ranks][:2] == [2, 1]
    assert ranks[0].score == 1
    assert len(ranks) == 3
    assert await driver.rerank(endpoint, spec, "", ["a"], 1)
