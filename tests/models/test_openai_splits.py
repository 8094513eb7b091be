"""A stream means the same however its bytes are cut: a property, and 10,000 random cuts of one long stream."""

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.models.contracts import ToolCall, ToolCallDelta

from .helpers import cuts, random_cuts
from .test_openai_chunks import DIALECTS, DONE, STOP, USAGE, chunk, parse, text, tool

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
PIECES = parse(LONG)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_cut_of_any_dialect_gives_the_same_pieces(data: st.DataObject) -> None:
    stream, expected = DIALECTS[data.draw(st.sampled_from(sorted(DIALECTS)))]
    assert parse(*data.draw(cuts(stream.encode()))) == expected


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=8), st.data())
def test_any_text_comes_through_any_cut(words: list[str], data: st.DataObject) -> None:
    raw = ("".join(map(text, words)) + STOP + DONE).encode()
    pieces = parse(*data.draw(cuts(raw)))
    assert [piece.text for piece in pieces[:-2]] == words


@settings(max_examples=200, deadline=None)
@given(cuts(LONG))
def test_any_cut_of_a_long_stream_gives_the_same_pieces(parts: list[bytes]) -> None:
    assert PIECES[-3] == ToolCallDelta([ToolCall("c1", "add", '{"ä":1}')])
    assert parse(*parts) == PIECES


def test_ten_thousand_random_cuts_of_it_give_the_same_pieces() -> None:
    for parts in random_cuts(LONG, 10_000):
        assert parse(*parts) == PIECES, parts
