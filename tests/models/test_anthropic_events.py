"""Streams of Anthropic's protocol, however their bytes are cut."""

import json
from typing import Any

import pytest
from hypothesis import given, settings

from apps.models.contracts import ChatPiece, Endpoint, Finish, TextDelta, ToolCall, ToolCallDelta
from apps.models.drivers._anthropic_events import MessageParser
from apps.models.errors import ProviderBadAnswer, ProviderConnectionError, ProviderContentFiltered, ProviderUnavailable

from .helpers import cuts, random_cuts

ENDPOINT = Endpoint("anthropic", {}, {})
THOUGHT = {"type": "thinking", "thinking": "Ich prüfe 🤔", "signature": "c2ln"}
REDACTED = {"type": "redacted_thinking", "data": "ZW5j"}


def sse(kind: str, **fields: Any) -> bytes:
    return b"event: %s\r\ndata: %s\r\n\r\n" % (
        kind.encode(),
        json.dumps({"type": kind, **fields}, ensure_ascii=False).encode(),
    )


def start(index: int, **block: Any) -> bytes:
    return sse("content_block_start", index=index, content_block=block)


def delta(index: int, **fields: Any) -> bytes:
    return sse("content_block_delta", index=index, delta=fields)


def stop(index: int) -> bytes:
    return sse("content_block_stop", index=index)


def ending(reason: str) -> bytes:
    return sse("message_delta", delta={"stop_reason": reason}, usage={"output_tokens": 12}) + sse("message_stop")


BEGIN = sse(
    "message_start",
    message={
        "content": [],
        "usage": {
            "input_tokens": 3,
            "cache_creation_input_tokens": 20,
            "cache_read_input_tokens": 100,
            "output_tokens": 1,
            "server_tool_use": None,
        },
    },
)
STREAM = b"".join(
    [
        b": a comment\n\n",
        BEGIN,
        b"event: ping\ndata: {}\n\n",
        start(0, type="thinking", thinking="", signature=""),
        delta(0, type="thinking_delta", thinking="Ich prüfe "),
        delta(0, type="thinking_delta", thinking="🤔"),
        delta(0, type="signature_delta", signature="c2"),
        delta(0, type="signature_delta", signature="ln"),
        stop(0),
        start(1, type="redacted_thinking", data="ZW5j"),
        stop(1),
        start(2, type="text", text=""),
        delta(2, type="text_delta", text="Grüße "),
        delta(2, type="text_delta", text="aus Köln: 你好"),
        delta(2, type="text_delta", text=""),
        stop(2),
        start(3, type="tool_use", id="toolu_1", name="add", input={}),
        delta(3, type="input_json_delta", partial_json=""),
        delta(3, type="input_json_delta", partial_json='{"a": "ü'),
        delta(3, type="input_json_delta", partial_json='"}'),
        stop(3),
        start(4, type="tool_use", id="toolu_2", name="now", input={}),
        stop(4),
        sse("something_of_tomorrow", index=4),
        ending("tool_use"),
    ]
)
PIECES: list[ChatPiece] = [
    TextDelta("<think>\nIch prüfe "),
    TextDelta("🤔"),
    TextDelta("\n</think>\n\n"),
    TextDelta("Grüße "),
    TextDelta("aus Köln: 你好"),
    ToolCallDelta(
        [
            ToolCall(
                "toolu_1",
                "add",
                '{"a": "ü"}',
                json.dumps([THOUGHT, REDACTED], ensure_ascii=False, separators=(",", ":")),
            ),
            ToolCall("toolu_2", "now", "{}"),
        ]
    ),
    TextDelta(""),
    Finish("tool_calls", 123, 12),
]


def pieces_of(parts: list[bytes]) -> list[ChatPiece]:
    parser = MessageParser(ENDPOINT)
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
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "content_filter"),
        ("of_tomorrow", "stop"),
    ],
)
def test_reasons_are_told_in_openai_s_words(reason: str, ours: str) -> None:
    text = start(0, type="text", text="a")
    assert pieces_of([BEGIN + text + ending(reason)]) == [TextDelta("a"), TextDelta(""), Finish(ours, 123, 12)]


def test_thoughts_without_an_answer_are_closed_before_the_end() -> None:
    thought = start(0, type="thinking", thinking="Hm.", signature="c2ln") + stop(0)
    assert pieces_of([thought + ending("max_tokens")]) == [
        TextDelta("<think>\nHm."),
        TextDelta("\n</think>\n\n"),
        TextDelta(""),
        Finish("length", None, 12),
    ]


def test_thoughts_that_are_left_out_still_go_with_their_call() -> None:
    omitted = start(0, type="thinking", thinking="", signature="") + delta(0, type="signature_delta", signature="c2ln")
    call = start(1, type="tool_use", id="t", name="now", input={}) + stop(1)
    pieces = pieces_of([omitted + stop(0) + call + ending("tool_use")])
    signature = '[{"type":"thinking","thinking":"","signature":"c2ln"}]'
    assert pieces[0] == ToolCallDelta([ToolCall("t", "now", "{}", signature)])


def test_each_call_keeps_the_thoughts_right_before_it() -> None:
    parts = [BEGIN]
    for number in range(2):
        thought = {"type": "thinking", "thinking": "", "signature": f"s{number}"}
        parts += [start(2 * number, **thought), stop(2 * number)]
        parts += [start(2 * number + 1, type="tool_use", id=f"t{number}", name="now", input={}), stop(2 * number + 1)]
    (delta_,) = [piece for piece in pieces_of([*parts, ending("tool_use")]) if isinstance(piece, ToolCallDelta)]
    assert [json.loads(call.signature)[0]["signature"] for call in delta_.calls] == ["s0", "s1"]


def test_pings_mean_nothing_and_everything_else_does() -> None:
    parser = MessageParser(ENDPOINT)
    parser.feed(b": comment\n\nevent: ping\ndata: {}\n\n")
    assert parser.events == 0
    parser.feed(BEGIN)
    assert parser.events == 1


def test_an_answer_is_finished_with_its_reason_and_done_with_its_end() -> None:
    parser = MessageParser(ENDPOINT)
    parser.feed(BEGIN + start(0, type="text", text="a"))
    assert (parser.finished, parser.done) == (False, False)
    parser.feed(sse("message_delta", delta={"stop_reason": "end_turn"}, usage={}))
    assert (parser.finished, parser.done) == (True, False)
    parser.feed(sse("message_stop"))
    assert parser.done
    assert parser.feed(start(1, type="text", text="too late")) == []


@pytest.mark.parametrize(
    ("stream", "error"),
    [
        (BEGIN + start(0, type="text", text="a"), ProviderConnectionError),
        (b"", ProviderConnectionError),
        (BEGIN + ending("end_turn"), ProviderBadAnswer),
        (BEGIN + ending("refusal"), ProviderContentFiltered),
        (b"event: content_block_delta\ndata: {broken\n\n", ProviderBadAnswer),
        (b"data: []\n\n", ProviderBadAnswer),
        (delta(7, type="input_json_delta", partial_json="{}"), ProviderBadAnswer),
        (delta(0, type="thinking_delta", thinking="no block began"), ProviderBadAnswer),
        (sse("error", error=None), ProviderUnavailable),
    ],
)
def test_streams_that_break_the_protocol_become_errors(stream: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        pieces_of([stream])


def test_the_last_event_may_come_without_its_empty_line() -> None:
    stream = BEGIN + start(0, type="text", text="a") + ending("end_turn")
    assert pieces_of([stream.rstrip()])[-1] == Finish("stop", 123, 12)


def test_an_answer_may_come_unstreamed() -> None:
    message = {
        "type": "message",
        "content": [
            THOUGHT,
            {"type": "text", "text": "Hallo"},
            {"type": "tool_use", "id": "t", "name": "add", "input": {"a": 1}},
        ],
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 3, "output_tokens": 4},
    }
    pieces = MessageParser(ENDPOINT).whole(json.dumps(message).encode())
    assert pieces == [
        TextDelta("<think>\nIch prüfe 🤔"),
        TextDelta("\n</think>\n\n"),
        TextDelta("Hallo"),
        ToolCallDelta(
            [ToolCall("t", "add", '{"a":1}', json.dumps([THOUGHT], ensure_ascii=False, separators=(",", ":")))]
        ),
        TextDelta(""),
        Finish("tool_calls", 3, 4),
    ]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}', ProviderUnavailable),
        (b"{}", ProviderBadAnswer),
        (b"<html>", ProviderBadAnswer),
        (b'{"type": "message", "content": [], "stop_reason": "end_turn"}', ProviderBadAnswer),
    ],
)
def test_unstreamed_answers_that_are_none_become_errors(body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        MessageParser(ENDPOINT).whole(body)
