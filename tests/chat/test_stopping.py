"""Answers end at a stop sequence whether the provider heeds it or not (checklist EXP-10)."""

import pytest

from apps.chat.stopping import cut_at
from apps.models.contracts import Finish, TextDelta

END = Finish("stop", 3, 9)


async def run(pieces, stop, closed=None):
    async def stream():
        try:
            for piece in pieces:
                yield TextDelta(piece)
            yield TextDelta("")
            yield END
        finally:
            if closed is not None:
                closed.append(True)

    found = [piece async for piece in cut_at(stream(), stop)]
    return [piece.text for piece in found if isinstance(piece, TextDelta)], found[-1]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
async def test_exp_10_the_cut_does_not_depend_on_how_the_text_is_split(size):
    text = "The sky is blue.\nHuman: And fire?\nAssistant: Red."
    pieces = [text[n : n + size] for n in range(0, len(text), size)]
    closed: list[bool] = []
    texts, last = await run(pieces, ["Human:", "Robot:"], closed)
    assert "".join(texts) == "The sky is blue.\n"
    assert texts[-1] == ""
    assert last == Finish("stop")
    assert closed == [True]


async def test_what_only_looks_like_the_beginning_comes_after_all():
    texts, last = await run(["I am Hum", "an", " and so is Hu"], ["Human:"])
    assert "".join(texts) == "I am Human and so is Hu"
    assert texts[-1] == ""
    assert last == END


async def test_pieces_that_cannot_begin_one_are_not_held_back():
    texts, _ = await run(["a", "b", "c"], ["###"])
    assert texts == ["a", "b", "c", ""]


async def test_the_first_of_several_counts_and_nothing_may_stand_before_it():
    assert (await run(["x END y STOP"], ["STOP", "END"]))[0] == ["x ", ""]
    assert (await run(["END y"], ["END"]))[0] == [""]
