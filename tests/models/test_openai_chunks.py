"""The dialects of streamed answers, fed whole, byte by byte, and cut at every position."""

import json
from typing import Any

import pytest

from apps.models.contracts import ChatPiece, Finish, TextDelta, ToolCall, ToolCallDelta
from apps.models.drivers._openai_chunks import ChunkParser
from apps.models.errors import (
    ProviderBadAnswer,
    ProviderBadRequest,
    ProviderConnectionError,
    ProviderContentFiltered,
    ProviderError,
    ProviderRateLimited,
    ProviderUnavailable,
)

from .helpers import endpoint

WHERE = endpoint("http://127.0.0.1:1/v1")
DONE = "data: [DONE]\n\n"


def chunk(delta: dict[str, Any] | None = None, finish: str | None = None, **extra: object) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return f"data: {json.dumps({'choices': [choice], **extra}, ensure_ascii=False)}\n\n"


def text(value: str | None) -> str:
    return chunk({"content": value})


def tool(**fragment: object) -> str:
    return chunk({"content": None, "tool_calls": [fragment]})


def error(**fields: object) -> str:
    return f"data: {json.dumps({'error': fields})}\n\n"


ROLE = chunk({"role": "assistant", "content": ""})
STOP = chunk({}, "stop")
USAGE = f"data: {json.dumps({'choices': [], 'usage': {'prompt_tokens': 7, 'completion_tokens': 2}})}\n\n"
HELLO = [TextDelta("Grüß "), TextDelta("你好 🙂"), TextDelta("")]
PLAIN = text("Grüß ") + text("你好 🙂")
ADD = ToolCall("c1", "add", '{"a":1}')
MUL = ToolCall("c2", "mul", '{"b":2}')


THOUGHTS: list[ChatPiece] = [TextDelta("<think>\nLet "), TextDelta("me."), TextDelta("\n</think>\n\n")]


def thinking(value: str) -> dict[str, Any]:
    return {"type": "thinking", "thinking": [{"type": "text", "text": value}]}


def call(*calls: ToolCall) -> list[ChatPiece]:
    return [ToolCallDelta(list(calls)), TextDelta(""), Finish("tool_calls")]


DIALECTS: dict[str, tuple[str, list[ChatPiece]]] = {
    "as documented": (ROLE + PLAIN + STOP + USAGE + DONE, [*HELLO, Finish("stop", 7, 2)]),
    "CRLF": ((ROLE + PLAIN + STOP + USAGE + DONE).replace("\n", "\r\n"), [*HELLO, Finish("stop", 7, 2)]),
    "no space after data:": ((PLAIN + STOP + DONE).replace("data: ", "data:"), [*HELLO, Finish("stop")]),
    "comments and event lines": (
        ": OPENROUTER PROCESSING\n\n" + text("Grüß ") + ": ping\n\nevent: x\nid: 3\n" + text("你好 🙂") + STOP + DONE,
        [*HELLO, Finish("stop")],
    ),
    "no [DONE]": (PLAIN + STOP, [*HELLO, Finish("stop")]),
    "no newline at the end": ((PLAIN + STOP).rstrip("\n"), [*HELLO, Finish("stop")]),
    "[DONE] without finish reason": (PLAIN + DONE, [*HELLO, Finish("stop")]),
    "empty choices first": (
        'data: {"choices": [], "prompt_filter_results": []}\n\n' + PLAIN + STOP,
        [*HELLO, Finish("stop")],
    ),
    "text in the finish chunk": (
        text("Grüß ") + chunk({"content": "你好 🙂"}, "length") + DONE,
        [*HELLO, Finish("length")],
    ),
    "null content and null delta": (text(None) + chunk(None) + PLAIN + STOP + DONE, [*HELLO, Finish("stop")]),
    "empty data line": ("data:\n\n" + PLAIN + STOP + DONE, [*HELLO, Finish("stop")]),
    "content as parts": (
        chunk({"content": [{"type": "text", "text": "a"}]}) + STOP,
        [TextDelta("a"), TextDelta(""), Finish("stop")],
    ),
    "usage in every chunk": (
        chunk({"content": "a"}, usage={"prompt_tokens": 7, "completion_tokens": 1})
        + chunk({}, "stop", usage={"prompt_tokens": 7, "completion_tokens": 2}),
        [TextDelta("a"), TextDelta(""), Finish("stop", 7, 2)],
    ),
    "odd usage": (
        text("a") + chunk({}, "stop", usage={"prompt_tokens": "7", "completion_tokens": -1}),
        [TextDelta("a"), TextDelta(""), Finish("stop")],
    ),
    "impossible usage": (
        text("a") + chunk({}, "stop", usage={"prompt_tokens": 2**31, "completion_tokens": True}),
        [TextDelta("a"), TextDelta(""), Finish("stop")],
    ),
    "two finish chunks": (text("a") + STOP + STOP + DONE, [TextDelta("a"), TextDelta(""), Finish("stop")]),
    "tool call in fragments": (
        tool(index=0, id="c1", function={"name": "add", "arguments": ""})
        + tool(index=0, function={"arguments": '{"a"'})
        + tool(index=0, function={"arguments": ":1}"})
        + chunk({}, "tool_calls")
        + DONE,
        call(ADD),
    ),
    "parallel tool calls": (
        tool(index=0, id="c1", function={"name": "add", "arguments": '{"a"'})
        + tool(index=1, id="c2", function={"name": "mul", "arguments": '{"b":2}'})
        + tool(index=0, function={"arguments": ":1}"})
        + chunk({}, "tool_calls"),
        call(ADD, MUL),
    ),
    "tool calls without index": (
        tool(id="c1", function={"name": "add", "arguments": '{"a"'})
        + tool(function={"arguments": ":1}"})
        + tool(id="c2", function={"name": "mul", "arguments": '{"b":2}'})
        + chunk({}, "tool_calls"),
        call(ADD, MUL),
    ),
    "whole tool calls at once, arguments as an object, in the finish chunk": (
        chunk({"tool_calls": [{"id": "c1", "function": {"name": "add", "arguments": {"a": 1}}}]}, "tool_calls"),
        call(ADD),
    ),
    "tool call without id or arguments": (
        tool(function={"name": "now", "arguments": None}) + chunk({}, "tool_calls"),
        call(ToolCall("call_0", "now", "{}")),
    ),
    "tool calls that end with stop": (
        chunk({"tool_calls": [{"id": "c1", "function": {"name": "add", "arguments": '{"a":1}'}}]}, "stop"),
        call(ADD),
    ),
    "a call in the older form": (
        chunk({"role": "assistant", "content": None, "function_call": {"name": "add", "arguments": ""}})
        + chunk({"function_call": {"arguments": '{"a"'}})
        + chunk({"function_call": {"arguments": ":1}"}})
        + chunk({}, "function_call"),
        call(ToolCall("call_0", "add", '{"a":1}')),
    ),
    "thoughts apart from the text": (
        chunk({"role": "assistant", "reasoning_content": "Let "})
        + chunk({"content": None, "reasoning_content": "me."})
        + chunk({"content": "", "reasoning_content": None})
        + PLAIN
        + STOP,
        [*THOUGHTS, *HELLO, Finish("stop")],
    ),
    "thoughts under another name": (
        chunk({"content": "", "reasoning": "Let "}) + chunk({"reasoning": "me."}) + PLAIN + STOP + DONE,
        [*THOUGHTS, *HELLO, Finish("stop")],
    ),
    "thoughts as parts of the content": (
        chunk({"content": [thinking("Let ")]})
        + chunk({"content": [thinking("me."), {"type": "text", "text": "Grüß "}]})
        + chunk({"content": [{"type": "reference", "reference_ids": [1]}, {"type": "text", "text": "你好 🙂"}]})
        + STOP,
        [*THOUGHTS, *HELLO, Finish("stop")],
    ),
    "the last thought in the first chunk with text": (
        chunk({"reasoning": "Let "}) + chunk({"reasoning": "me.", "content": "Grüß "}) + text("你好 🙂") + STOP,
        [*THOUGHTS, *HELLO, Finish("stop")],
    ),
    "thoughts before a call": (
        chunk({"reasoning_content": "Let "})
        + chunk({"reasoning_content": "me."})
        + tool(index=0, id="c1", function={"name": "add", "arguments": '{"a":1}'})
        + chunk({}, "tool_calls"),
        [*THOUGHTS, *call(ADD)],
    ),
    "thoughts between texts": (
        text("a") + chunk({"reasoning": "Let me."}) + text("b") + STOP,
        [
            TextDelta("a"), TextDelta("<think>\nLet me."), TextDelta("\n</think>\n\n"), TextDelta("b"), TextDelta(""),
            Finish("stop"),
        ],
    ),
    "thoughts marked in the text": (
        text("<think>\nLet me.") + text("\n</think>\n\n") + text("a") + STOP,
        [
            TextDelta("<think>\nLet me."), TextDelta("\n</think>\n\n"), TextDelta("a"), TextDelta(""),
            Finish("stop"),
        ],
    ),
    "the whole message again at the end": (
        chunk({"reasoning_content": "Let "})
        + chunk({"reasoning_content": "me."})
        + PLAIN
        + f"data: {json.dumps({'choices': [{'message': {'content': 'Grüß 你好 🙂'}, 'finish_reason': 'stop'}]})}\n\n",
        [*THOUGHTS, *HELLO, Finish("stop")],
    ),
    "empty finish reason": (
        chunk({"content": "a"}, "") + chunk({"content": "b"}, "null") + STOP,
        [TextDelta("a"), TextDelta("b"), TextDelta(""), Finish("stop")],
    ),
    "an answer cut by a filter": (
        text("a") + chunk({}, "sensitive"),
        [TextDelta("a"), TextDelta(""), Finish("content_filter")],
    ),
    "no error": (
        chunk({"content": "a"}, error=None, code=0, message="Success") + STOP,
        [TextDelta("a"), TextDelta(""), Finish("stop")],
    ),
}  # fmt: skip

FAULTS: dict[str, tuple[str, type[ProviderError], str]] = {
    "cut": (PLAIN, ProviderConnectionError, "[openai_api_compatible] Error: Response ended prematurely"),
    "nothing at all": ("", ProviderConnectionError, "Response ended prematurely"),
    "broken JSON": (text("a") + 'data: {"choices": [{"del\n\n' + STOP, ProviderBadAnswer, '{"choices": [{"del'),
    "not an object": (text("a") + "data: [1]\n\n", ProviderBadAnswer, "[1]"),
    "choices of a wrong type": ('data: {"choices": "x"}\n\n', ProviderBadAnswer, "choices"),
    "empty": (ROLE + STOP + USAGE + DONE, ProviderBadAnswer, "the answer is empty (finish reason: stop)"),
    "only [DONE]": (DONE, ProviderBadAnswer, "empty"),
    "filtered": (ROLE + chunk({}, "content_filter"), ProviderContentFiltered, "content filter"),
    "filtered in another word": (ROLE + chunk({}, "sensitive"), ProviderContentFiltered, "content filter"),
    "thoughts alone": (chunk({"reasoning": "x"}) + chunk({}, "length"), ProviderBadAnswer, "(finish reason: length)"),
    "broken off": (text("a") + chunk({}, "network_error"), ProviderUnavailable, "broke off in the middle"),
    "out of resources": (chunk({}, "insufficient_system_resource"), ProviderUnavailable, "broke off"),
    "thoughts of a wrong type": (chunk({"reasoning": {"a": 1}}), ProviderBadAnswer, "protocol promises"),
    "a later thought of a wrong type": (
        chunk({"reasoning": "a"}) + chunk({"reasoning": ["b"]}),
        ProviderBadAnswer,
        "protocol promises",
    ),
    "error beside choices": (
        f"data: {json.dumps({'choices': [{'delta': {}}], 'error': {'message': 'gone', 'code': 502}})}\n\n",
        ProviderUnavailable,
        "gone",
    ),
    "error object": (text("a") + error(message="overloaded", code=503), ProviderUnavailable, "overloaded"),
    "rate limit inside": (error(message="slow down", code="429"), ProviderRateLimited, "slow down"),
    "error as text": ('data: {"error": "out of memory"}\n\n', ProviderUnavailable, "out of memory"),
    "error as an object of its own": (
        'data: {"object": "error", "message": "no such model", "code": 404}\n\n',
        ProviderBadRequest,
        "no such model",
    ),
}


def parse(*reads: bytes) -> list[ChatPiece]:
    parser = ChunkParser(WHERE)
    pieces = [piece for read in reads if not parser.done for piece in parser.feed(read)]
    return pieces + parser.end()


@pytest.mark.parametrize("name", DIALECTS)
def test_every_dialect_gives_the_same_pieces_however_the_bytes_are_cut(name: str) -> None:
    stream, expected = DIALECTS[name]
    data = stream.encode()
    assert parse(data) == expected
    assert parse(*(data[n : n + 1] for n in range(len(data)))) == expected
    for cut in range(len(data)):
        assert parse(data[:cut], data[cut:]) == expected


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_has_its_class_and_sentence(name: str) -> None:
    stream, kind, words = FAULTS[name]
    with pytest.raises(kind) as caught:
        parse(stream.encode())
    assert words in caught.value.message
    assert caught.value.message.startswith("[openai_api_compatible] Error: ")


def test_an_answer_that_comes_unstreamed_is_read_as_well() -> None:
    body = {
        "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 1},
    }
    assert ChunkParser(WHERE).whole(json.dumps(body).encode()) == [TextDelta("Hi"), TextDelta(""), Finish("stop", 3, 1)]
    with pytest.raises(ProviderUnavailable, match="boom"):
        ChunkParser(WHERE).whole(b'{"error": {"message": "boom"}}')


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("stop", "stop"), ("eos", "stop"), ("end_turn", "stop"), ("STOP", "stop"), ("stop_sequence", "stop"),
        ("max_tokens", "length"), ("MAX_TOKENS", "length"), ("model_length", "length"),
        ("safety", "content_filter"), ("tool_use", "stop"),
    ],
)  # fmt: skip
def test_why_a_model_stopped_is_said_in_openais_words(word: str, reason: str) -> None:
    assert parse((text("a") + chunk({}, word)).encode())[-1] == Finish(reason)


def test_thoughts_that_led_to_a_call_are_kept_where_the_provider_wants_them_back() -> None:
    stream, _ = DIALECTS["thoughts before a call"]
    parser = ChunkParser(endpoint("http://127.0.0.1:1/v1", options={"thoughts_back": True}))
    pieces = [*parser.feed(stream.encode()), *parser.end()]
    assert pieces[-3] == ToolCallDelta([ToolCall("c1", "add", '{"a":1}', signature="Let me.")])


def test_thoughts_of_an_answer_that_comes_unstreamed() -> None:
    body = {"choices": [{"message": {"content": "Hi", "reasoning_content": "Let me."}, "finish_reason": "stop"}]}
    assert ChunkParser(WHERE).whole(json.dumps(body).encode()) == [
        TextDelta("<think>\nLet me."),
        TextDelta("\n</think>\n\n"),
        TextDelta("Hi"),
        TextDelta(""),
        Finish("stop"),
    ]


def test_an_endless_line_is_refused() -> None:
    parser = ChunkParser(WHERE)
    parser.feed(b"x" * 4 * 2**20)
    with pytest.raises(ProviderBadAnswer, match="4 MB"):
        parser.feed(b"x")
