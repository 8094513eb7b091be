"""A stream means the same however its bytes are cut: a property, and 10,000 random cuts of one long stream."""

import random
from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.models.contracts import ChatPiece, ToolCall, ToolCallDelta
from apps.models.drivers._openai_chunks import ChunkParser

from .test_openai_chunks import DIALECTS, DONE, STOP, USAGE, WHERE, chunk, parse, text, tool

LONG = (
    ": ping\r\n\r\n"
    + chunk({"role": "assistant", "reasoning_content": "Überlegung 🙂"})
    + "".join(text(f"字{number} ") for number in range(20))
    + tool(index=0, id="c1", function={"name": "add", "arguments": '{"ä":'}).replace("\n", "\r\n")
    + tool(index=0, function={"arguments": "1}"})
    + chunk({}, "tool_calls")
    + USAGE
    + DONE
).encode()


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    edges = [0, *sorted(places), len(data)]
    return [data[start:end] for start, end in zip(edges, edges[1:], strict=False)]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_cut_of_any_dialect_gives_the_same_pieces(data: st.DataObject) -> None:
    stream, expected = DIALECTS[data.draw(st.sampled_from(sorted(DIALECTS)))]
    raw = stream.encode()
    places = data.draw(st.lists(st.integers(0, len(raw)), max_size=12))
    assert parse(*cut(raw, places)) == expected


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=8), st.data())
def test_any_text_comes_through_any_cut(words: list[str], data: st.DataObject) -> None:
    raw = ("".join(map(text, words)) + STOP + DONE).encode()
    places = data.draw(st.lists(st.integers(0, len(raw)), max_size=12))
    pieces = parse(*cut(raw, places))
    assert [piece.text for piece in pieces[:-2]] == words


def test_ten_thousand_random_cuts_of_a_long_stream_give_the_same_pieces() -> None:
    chance, expected = random.Random(9), parse(LONG)
    assert expected[-3] == ToolCallDelta([ToolCall("c1", "add", '{"ä":1}')])
    for _ in range(10_000):
        parser = ChunkParser(WHERE)
        pieces: list[ChatPiece] = []
        for part in cut(LONG, chance.sample(range(1, len(LONG)), 8)):
            pieces += parser.feed(part)
        assert [*pieces, *parser.end()] == expected
