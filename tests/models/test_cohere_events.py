"""Streams of Cohere's protocol, however their bytes are cut."""

import json
from typing import Any

import pytest
from hypothesis import given, settings

from apps.models.contracts import ChatPiece, Endpoint, Finish, TextDelta, ToolCall, ToolCallDelta
from apps.models.drivers._cohere_events import CohereParser
from apps.models.errors import ProviderBadAnswer, ProviderConnectionError, ProviderUnavailable

from .helpers import cuts, random_cuts

ENDPOINT = Endpoint("cohere", {}, {})


def sse(kind: str, **fields: Any) -> bytes:
    data = json.dumps({"type": kind, **fields}, ensure_ascii=False).encode()
    return b"event: %s\ndata: %s\n\n" % (kind.encode(), data)


def message(kind: str, **fields: Any) -> bytes:
    index = {"index": fields.pop("index")} if "index" in fields else {}
    return sse(kind, **index, delta={"message": fields})


def content(index: int, **fields: Any) -> bytes:
    return message("content-delta", index=index, content=fields)


def ending(reason: str, **fields: Any) -> bytes:
    usage = {"billed_units": {"input_tokens": 7.0, "output_tokens": 12}, "tokens": {"input_tokens": 70.0}}
    return sse("message-end", delta={"finish_reason": reason, "usage": usage, **fields})


def call(index: int, id: str, name: str, *arguments: str) -> bytes:
    begun = {"id": id, "type": "function", "function": {"name": name, "arguments": ""}}
    deltas = [
        message("tool-call-delta", index=index, tool_calls={"function": {"arguments": part}}) for part in arguments
    ]
    return (
        message("tool-call-start", index=index, tool_calls=begun) + b"".join(deltas) + sse("tool-call-end", index=index)
    )


BEGIN = sse("message-start", id="1", delta={"message": {"role": "assistant", "content": []}})
STREAM = b"".join(
    [
        b": a comment\n\n",
        BEGIN,
        message("content-start", index=0, content={"type": "thinking", "thinking": ""}),
        content(0, thinking="Ich prüfe "),
        content(0, thinking="🤔"),
        sse("content-end", index=0),
        message("content-start", index=1, content={"type": "text", "text": ""}),
        content(1, text="Grüße "),
        sse("citation-start", index=0, delta={"message": {"citations": {}}}),
        sse("citation-end", index=0),
        content(1, text="aus Köln: 你好"),
        sse("content-end", index=1),
        message("tool-plan-delta", tool_plan="Ich "),
        message("tool-plan-delta", tool_plan="addiere."),
        call(0, "a", "add", '{"a": "', 'ü"}'),
        call(1, "b", "now"),
        sse("something-of-tomorrow"),
        ending("TOOL_CALL"),
        b"data: [DONE]\n\n",
    ]
)
PIECES: list[ChatPiece] = [
    TextDelta("<think>\nIch prüfe "),
    TextDelta("🤔"),
    TextDelta("\n</think>\n\n"),
    TextDelta("Grüße "),
    TextDelta("aus Köln: 你好"),
    TextDelta("<think>\nIch "),
    TextDelta("addiere."),
    TextDelta("\n</think>\n\n"),
    ToolCallDelta(
        [
            ToolCall("a", "add", '{"a": "ü"}', '[{"tool_plan":"Ich addiere."},{"thought":"Ich prüfe 🤔"}]'),
            ToolCall("b", "now", "{}"),
        ]
    ),
    TextDelta(""),
    Finish("tool_calls", 7, 12),
]


def pieces_of(parts: list[bytes]) -> list[ChatPiece]:
    parser = CohereParser(ENDPOINT)
    found = [piece for part in parts for piece in parser.feed(part)]
    return found + parser.end()


def test_a_stream_gives_its_pieces() -> None:
    assert pieces_of([STREAM]) == PIECES


@settings(max_examples=200, deadline=None)
@given(cuts(STREAM))
def test_any_cut_of_the_bytes_gives_the_same_pieces(parts: list[bytes]) -> None:
    assert pieces_of(parts) == PIECES


def test_thousands_of_random_cuts_give_the_same_pieces() -> None:
    for parts in random_cuts(STREAM, 2_500):
        assert pieces_of(parts) == PIECES, parts


@pytest.mark.parametrize(
    ("reason", "ours"),
    [("COMPLETE", "stop"), ("STOP_SEQUENCE", "stop"), ("MAX_TOKENS", "length"), ("OF_TOMORROW", "stop")],
)
def test_reasons_are_told_in_openai_s_words(reason: str, ours: str) -> None:
    pieces = pieces_of([BEGIN + content(0, text="a") + ending(reason)])
    assert pieces == [TextDelta("a"), TextDelta(""), Finish(ours, 7, 12)]


@pytest.mark.parametrize(
    ("usage", "prompt", "completion"),
    [
        ({"tokens": {"input_tokens": 70.0, "output_tokens": 12.0}}, 70, 12),
        ({"billed_units": {"input_tokens": 5.5}}, None, None),
        ({}, None, None),
        (None, None, None),
    ],
)
def test_tokens_are_those_charged_else_those_counted(usage: Any, prompt: int | None, completion: int | None) -> None:
    pieces = pieces_of([content(0, text="a") + ending("COMPLETE", usage=usage)])
    assert pieces[-1] == Finish("stop", prompt, completion)


def test_thoughts_without_an_answer_are_closed_before_the_end() -> None:
    assert pieces_of([content(0, thinking="Hm.") + ending("MAX_TOKENS")]) == [
        TextDelta("<think>\nHm."),
        TextDelta("\n</think>\n\n"),
        TextDelta(""),
        Finish("length", 7, 12),
    ]


def test_an_answer_is_done_with_its_end() -> None:
    parser = CohereParser(ENDPOINT)
    parser.feed(b": comment\n\n" + content(0, text="a"))
    assert (parser.events, parser.finished, parser.done) == (1, False, False)
    parser.feed(ending("COMPLETE"))
    assert (parser.finished, parser.done) == (True, True)
    assert parser.feed(content(0, text="too late")) == []


@pytest.mark.parametrize(
    ("stream", "error"),
    [
        (BEGIN + content(0, text="a"), ProviderConnectionError),
        (b"", ProviderConnectionError),
        (BEGIN + ending("COMPLETE"), ProviderBadAnswer),
        (BEGIN + ending("ERROR", error="Sorry."), ProviderUnavailable),
        (BEGIN + ending("TIMEOUT"), ProviderUnavailable),
        (sse("content-delta", index=0, delta=None), ProviderBadAnswer),
        (message("tool-call-delta", index=7, tool_calls={"function": {"arguments": "{}"}}), ProviderBadAnswer),
        (sse("message-end", delta={}), ProviderBadAnswer),
        (b"data: {broken\n\n", ProviderBadAnswer),
        (b"data: []\n\n", ProviderBadAnswer),
        (b'data: {"message": "Sorry."}\n\n', ProviderBadAnswer),
    ],
)
def test_streams_that_break_the_protocol_become_errors(stream: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        pieces_of([stream])


def test_the_last_event_may_come_without_its_empty_line() -> None:
    assert pieces_of([STREAM.removesuffix(b"data: [DONE]\n\n").rstrip()]) == PIECES


def test_an_answer_may_come_unstreamed() -> None:
    answer = {
        "finish_reason": "TOOL_CALL",
        "message": {
            "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Hallo"}],
            "tool_calls": [{"id": "a", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}],
        },
        "usage": {"tokens": {"input_tokens": 3, "output_tokens": 4}},
    }
    assert CohereParser(ENDPOINT).whole(json.dumps(answer).encode()) == [
        TextDelta("<think>\nHm."),
        TextDelta("\n</think>\n\n"),
        TextDelta("Hallo"),
        ToolCallDelta([ToolCall("a", "add", '{"a": 1}', '[{"thought":"Hm."}]')]),
        TextDelta(""),
        Finish("tool_calls", 3, 4),
    ]


@pytest.mark.parametrize("body", [b'{"message": "Sorry."}', b"{}", b"1", b"<html>"])
def test_unstreamed_answers_that_are_none_become_errors(body: bytes) -> None:
    with pytest.raises(ProviderBadAnswer):
        CohereParser(ENDPOINT).whole(body)
