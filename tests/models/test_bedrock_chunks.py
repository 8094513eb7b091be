"""Streams of Bedrock's Converse, however their bytes are cut."""

import json
import struct
import zlib
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given, settings

from apps.models.contracts import ChatPiece, Endpoint, Finish, TextDelta, ToolCall, ToolCallDelta
from apps.models.drivers._bedrock_chunks import ConverseParser
from apps.models.drivers._bedrock_frames import FrameReader
from apps.models.errors import (
    ProviderBadAnswer,
    ProviderBadRequest,
    ProviderConnectionError,
    ProviderContentFiltered,
    ProviderError,
    ProviderRateLimited,
    ProviderUnavailable,
)
from apps.models.fakes.bedrock import frame

from .helpers import cuts, random_cuts

ENDPOINT = Endpoint("bedrock", {}, {})


def event(kind: str, **fields: Any) -> bytes:
    headers = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    return frame(headers, json.dumps(fields, ensure_ascii=False).encode())


def delta(index: int, **fields: Any) -> bytes:
    return event("contentBlockDelta", contentBlockIndex=index, delta=fields)


def stop(index: int) -> bytes:
    return event("contentBlockStop", contentBlockIndex=index)


def call(index: int, id: str, name: str) -> bytes:
    start = {"toolUse": {"toolUseId": id, "name": name}}
    return event("contentBlockStart", contentBlockIndex=index, start=start)


USAGE = {"inputTokens": 3, "cacheReadInputTokens": 100, "cacheWriteInputTokens": 20, "outputTokens": 12}
METADATA = event("metadata", usage=USAGE, metrics={"latencyMs": 1})
STREAM = b"".join(
    [
        event("messageStart", role="assistant"),
        delta(0, reasoningContent={"text": "Ich prüfe "}),
        delta(0, reasoningContent={"text": "🤔"}),
        delta(0, reasoningContent={"signature": "c2ln"}),
        stop(0),
        delta(1, reasoningContent={"redactedContent": "ZW5j"}),
        stop(1),
        delta(2, text="Grüße "),
        delta(2, text="aus Köln: 你好"),
        stop(2),
        call(3, "t1", "add"),
        delta(3, toolUse={"input": '{"a": '}),
        delta(3, toolUse={"input": '"ü"}'}),
        stop(3),
        call(4, "t2", "now"),
        stop(4),
        event("ofTomorrow"),
        event("messageStop", stopReason="tool_use"),
        METADATA,
    ]
)
SIGNATURE = (
    '[{"reasoningContent":{"reasoningText":{"text":"Ich prüfe 🤔","signature":"c2ln"}}},'
    '{"reasoningContent":{"redactedContent":"ZW5j"}}]'
)
PIECES: list[ChatPiece] = [
    TextDelta("<think>\nIch prüfe "),
    TextDelta("🤔"),
    TextDelta("\n</think>\n\n"),
    TextDelta("Grüße "),
    TextDelta("aus Köln: 你好"),
    ToolCallDelta([ToolCall("t1", "add", '{"a": "ü"}', SIGNATURE), ToolCall("t2", "now", "{}")]),
    TextDelta(""),
    Finish("tool_calls", 123, 12),
]


def pieces_of(parts: list[bytes]) -> list[ChatPiece]:
    parser = ConverseParser(ENDPOINT)
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


def test_the_vendor_s_own_reader_reads_the_same_frames() -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(STREAM)
    theirs = [(dict(message.headers), message.payload) for message in buffer]
    ours = [(dict(message.headers), message.payload) for message in FrameReader(ENDPOINT).feed(STREAM)]
    assert ours == theirs


def test_headers_of_every_type_are_passed_over() -> None:
    values = [
        b"\x00",
        b"\x01",
        b"\x02\x07",
        b"\x03\x00\x07",
        b"\x04" + bytes(4),
        b"\x05" + bytes(8),
        b"\x06\x00\x02ab",
        b"\x08" + bytes(8),
        b"\x09" + bytes(16),
        b"\x07\x00\x02hi",
    ]
    head = b"".join(b"\x02h%d" % number + value for number, value in enumerate(values))
    (message,) = FrameReader(ENDPOINT).feed(whole(head, b"{}"))
    assert message == ({"h9": "hi"}, b"{}")


def whole(head: bytes, payload: bytes) -> bytes:
    prelude = struct.pack(">II", 16 + len(head) + len(payload), len(head))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + head + payload
    return message + struct.pack(">I", zlib.crc32(message))


@pytest.mark.parametrize("place", [0, 5, 9, 14, 60, -1])
def test_a_bit_that_flipped_is_found_by_a_checksum(place: int) -> None:
    broken = bytearray(event("messageStart", role="assistant"))
    broken[place] ^= 4
    with pytest.raises(ProviderBadAnswer, match="checksum"):
        FrameReader(ENDPOINT).feed(bytes(broken))


def test_a_frame_of_absurd_length_is_not_waited_for() -> None:
    prelude = struct.pack(">II", 2**31, 0)
    with pytest.raises(ProviderBadAnswer, match="length"):
        FrameReader(ENDPOINT).feed(prelude + struct.pack(">I", zlib.crc32(prelude)))


@pytest.mark.parametrize("head", [b"\x09h", b"\x01h\x63", b"\x01h\x07\x00\x09a", b"\x01h\x07\x00\x01\xff"])
def test_broken_headers_are_a_bad_answer(head: bytes) -> None:
    with pytest.raises(ProviderBadAnswer, match="headers"):
        FrameReader(ENDPOINT).feed(whole(head, b"{}"))


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("throttlingException", ProviderRateLimited),
        ("validationException", ProviderBadRequest),
        ("modelStreamErrorException", ProviderUnavailable),
        ("modelTimeoutException", ProviderUnavailable),
        ("serviceUnavailableException", ProviderUnavailable),
        ("internalServerException", ProviderUnavailable),
        ("ofTomorrowException", ProviderUnavailable),
    ],
)
def test_exceptions_in_a_stream_become_errors_of_ours(name: str, error: type[ProviderError]) -> None:
    headers = {":message-type": "exception", ":exception-type": name}
    with pytest.raises(error, match=f"{name}: Sorry") as caught:
        pieces_of([delta(0, text="a") + frame(headers, b'{"message": "Sorry."}')])
    assert type(caught.value) is error


def test_an_error_in_a_stream_is_told_from_its_headers() -> None:
    headers = {":message-type": "error", ":error-code": "InternalError", ":error-message": "Sorry."}
    with pytest.raises(ProviderUnavailable, match=r"InternalError: Sorry\."):
        pieces_of([frame(headers, b"")])


@pytest.mark.parametrize(
    ("reason", "ours"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("guardrail_intervened", "content_filter"),
        ("content_filtered", "content_filter"),
    ],
)
def test_reasons_are_told_in_openai_s_words(reason: str, ours: str) -> None:
    stream = delta(0, text="a") + event("messageStop", stopReason=reason) + METADATA
    assert pieces_of([stream]) == [TextDelta("a"), TextDelta(""), Finish(ours, 123, 12)]


@pytest.mark.parametrize(
    ("stream", "error"),
    [
        (delta(0, text="a"), ProviderConnectionError),
        (b"", ProviderConnectionError),
        (STREAM[: -len(METADATA) - 1], ProviderConnectionError),
        (event("messageStop", stopReason="end_turn"), ProviderBadAnswer),
        (event("messageStop", stopReason="content_filtered"), ProviderContentFiltered),
        (delta(0, text="a") + event("messageStop", stopReason="malformed_tool_use"), ProviderBadAnswer),
        (delta(7, toolUse={"input": "{}"}), ProviderBadAnswer),
        (event("messageStop"), ProviderBadAnswer),
        (frame({":message-type": "event", ":event-type": "metadata"}, b"[1"), ProviderBadAnswer),
    ],
)
def test_streams_that_break_the_protocol_become_errors(stream: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        pieces_of([stream])


def test_an_answer_is_finished_with_its_reason_and_done_with_its_counts() -> None:
    parser = ConverseParser(ENDPOINT)
    parser.feed(delta(0, text="a") + event("messageStop", stopReason="end_turn"))
    assert (parser.finished, parser.done, parser.events) == (True, False, 2)
    parser.feed(METADATA)
    assert parser.done


def test_an_answer_may_come_unstreamed() -> None:
    answer = {
        "output": {
            "message": {
                "content": [
                    {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "c2ln"}}},
                    {"text": "Hallo"},
                    {"toolUse": {"toolUseId": "t", "name": "add", "input": {"a": 1}}},
                ]
            }
        },
        "stopReason": "tool_use",
        "usage": USAGE,
    }
    kept = '[{"reasoningContent":{"reasoningText":{"text":"Hm.","signature":"c2ln"}}}]'
    assert ConverseParser(ENDPOINT).whole(json.dumps(answer).encode()) == [
        TextDelta("<think>\nHm."),
        TextDelta("\n</think>\n\n"),
        TextDelta("Hallo"),
        ToolCallDelta([ToolCall("t", "add", '{"a":1}', kept)]),
        TextDelta(""),
        Finish("tool_calls", 123, 12),
    ]
    with pytest.raises(ProviderBadAnswer):
        ConverseParser(ENDPOINT).whole(b"{}")
