"""Ends an answer at a stop sequence, also where a provider pays no heed to them."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from apps.models.contracts import ChatPiece, Finish, TextDelta


async def cut_at(stream: AsyncGenerator[ChatPiece, None], stop: Sequence[str]) -> AsyncGenerator[ChatPiece, None]:
    """The pieces of an answer up to the first stop sequence, which is not part of it; the stream is closed there.

    What may be the beginning of a stop sequence is held back until the next piece shows what it is.
    """
    held = ""
    async with aclosing(stream):
        async for piece in stream:
            if not isinstance(piece, TextDelta):
                yield piece
                continue
            text = held + piece.text
            cut = min((at for at in map(text.find, stop) if at >= 0), default=-1)
            if cut >= 0:
                if cut:
                    yield TextDelta(text[:cut])
                yield TextDelta("")
                yield Finish("stop")
                return
            held = "" if not piece.text else _beginning(text, stop)
            ready = text[: len(text) - len(held)]
            if ready:
                yield TextDelta(ready)
            if not piece.text:
                yield piece


def _beginning(text: str, stop: Sequence[str]) -> str:
    """The longest end of the text that some stop sequence begins with."""
    longest = max(map(len, stop)) - 1
    for length in range(min(longest, len(text)), 0, -1):
        if any(word.startswith(text[-length:]) for word in stop):
            return text[-length:]
    return ""
