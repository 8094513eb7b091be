"""Streams of Gemini's protocol, however their bytes are cut."""

import json
from typing import Any

import pytest
from hypothesis import given, settings

from apps.models.contracts import ChatPiece, Endpoint, Finish, TextDelta, ToolCall, ToolCallDelta
from apps.models.drivers._google_chunks import GeminiParser
from apps.models.errors import (
    ProviderBadAnswer,
    ProviderConnectionError,
    ProviderContentFiltered,
    ProviderUnavailable,
)

from .helpers import cuts, random_cuts

ENDPOINT = Endpoint("google", {}, {})


def chunk(*parts: dict[str, Any], reason: str | None = None, **fields: Any) -> dict[str, Any]:
    candidate: dict[str, Any] = {"index": 0, "content": {"role": "model", "parts": list(parts)}}
    if reason:
        candidate["finishReason"] = reason
    return {"candidates": [candidate], **fields}


def sse(*chunks: dict[str, Any]) -> bytes:
    return b"".join(b"data: %s\r\n\r\n" % json.dumps(each, ensure_ascii=False).encode() for each in chunks)


STREAM = sse(
    chunk({"text": "Ich prüfe ", "thought": True}, usageMetadata={"promptTokenCount": 7}),
    chunk({"text": "🤔", "thought": True}),
    chunk({"text": "Grüße "}, {"text": "aus Köln"}),
    chunk({"text": ": 你好"}),
    chunk({"functionCall": {"id": "a", "name": "add", "args": {"a": "ü"}}, "thoughtSignature": "c2ln"}),
    chunk({"functionCall": {"id": "b", "name": "now"}}),
    {"somethingOfTomorrow": {}},
    chunk(
        {"text": ""},
        reason="STOP",
        usageMetadata={"promptTokenCount": 7, "candidatesTokenCount": 5, "thoughtsTokenCount": 3},
    ),
)
PIECES: list[ChatPiece] = [
    TextDelta("<think>\nIch prüfe "),
    TextDelta("🤔"),
    TextDelta("\n</think>\n\n"),
    TextDelta("Grüße aus Köln"),
    TextDelta(": 你好"),
    ToolCallDelta([ToolCall("a", "add", '{"a":"ü"}', "c2ln"), ToolCall("b", "now", "{}")]),
    TextDelta(""),
    Finish("tool_calls", 7, 8),
]


def pieces_of(parts: list[bytes]) -> list[ChatPiece]:
    parser = GeminiParser(ENDPOINT)
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
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"),
        ("PROHIBITED_CONTENT", "content_filter"),
        ("SPII", "content_filter"),
        ("OTHER", "stop"),
        ("OF_TOMORROW", "stop"),
    ],
)
def test_reasons_are_told_in_openai_s_words(reason: str, ours: str) -> None:
    pieces = pieces_of([sse(chunk({"text": "a"}, reason=reason))])
    assert pieces == [TextDelta("a"), TextDelta(""), Finish(ours)]


def test_calls_without_an_id_get_one_of_their_own() -> None:
    calls = [{"functionCall": {"name": "now", "args": {}}}] * 2
    delta = pieces_of([sse(chunk(*calls, reason="STOP"))])[0]
    assert isinstance(delta, ToolCallDelta)
    assert len({call.id for call in delta.calls} - {""}) == 2


def test_counts_may_come_after_the_finish_reason() -> None:
    late = {"usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 2}}
    assert pieces_of([sse(chunk({"text": "a"}, reason="STOP"), late)])[-1] == Finish("stop", 1, 2)


def test_thoughts_without_an_answer_are_closed_before_the_end() -> None:
    assert pieces_of([sse(chunk({"text": "Hm.", "thought": True}, reason="MAX_TOKENS"))]) == [
        TextDelta("<think>\nHm."),
        TextDelta("\n</think>\n\n"),
        TextDelta(""),
        Finish("length"),
    ]


def test_an_answer_is_finished_with_its_reason() -> None:
    parser = GeminiParser(ENDPOINT)
    parser.feed(b": comment\n\n")
    assert (parser.events, parser.finished) == (0, False)
    parser.feed(sse(chunk({"text": "a"})))
    assert (parser.events, parser.finished) == (1, False)
    parser.feed(sse(chunk(reason="STOP")))
    assert parser.finished
    assert parser.feed(sse(chunk({"text": "too late"}))) == []


@pytest.mark.parametrize(
    ("stream", "error"),
    [
        (sse(chunk({"text": "a"})), ProviderConnectionError),
        (b"", ProviderConnectionError),
        (sse(chunk(reason="STOP")), ProviderBadAnswer),
        (sse(chunk(reason="SAFETY")), ProviderContentFiltered),
        (sse({"promptFeedback": {"blockReason": "SAFETY"}}), ProviderContentFiltered),
        (sse(chunk({"text": "a"}, reason="MALFORMED_FUNCTION_CALL")), ProviderBadAnswer),
        (sse(chunk({"functionCall": {}}, reason="STOP")), ProviderBadAnswer),
        (sse({"candidates": [{"content": {"parts": "garbage"}}]}), ProviderBadAnswer),
        (b"data: {broken\n\n", ProviderBadAnswer),
        (b"data: []\n\n", ProviderBadAnswer),
        (sse({"error": "Sorry."}), ProviderUnavailable),
    ],
)
def test_streams_that_break_the_protocol_become_errors(stream: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        pieces_of([stream])


def test_the_last_event_may_come_without_its_empty_line() -> None:
    assert pieces_of([STREAM.rstrip()]) == PIECES


@pytest.mark.parametrize("wrapped", [False, True])
def test_an_answer_may_come_unstreamed(wrapped: bool) -> None:
    answer = chunk({"text": "Hallo"}, reason="STOP", usageMetadata={"promptTokenCount": 1, "candidatesTokenCount": 2})
    body = json.dumps([answer] if wrapped else answer).encode()
    assert GeminiParser(ENDPOINT).whole(body) == [TextDelta("Hallo"), TextDelta(""), Finish("stop", 1, 2)]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'{"error": {"code": 503, "message": "Overloaded"}}', ProviderUnavailable),
        (b'[{"error": {"code": 503, "message": "Overloaded"}}]', ProviderUnavailable),
        (b"{}", ProviderBadAnswer),
        (b"1", ProviderBadAnswer),
        (b"<html>", ProviderBadAnswer),
    ],
)
def test_unstreamed_answers_that_are_none_become_errors(body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        GeminiParser(ENDPOINT).whole(body)
