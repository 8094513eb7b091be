"""Tells a model's thoughts, between <think> tags, from its answer while both come in pieces."""

from typing import Final

_OPEN: Final = "<think>"
_CLOSE: Final = "</think>"


class Thoughts:
    """`answer` and `thoughts` grow as pieces come."""

    def __init__(self) -> None:
        self.answer = self.thoughts = ""
        self._is_thinking = False
        self._held = ""

    def take(self, piece: str) -> str:
        """What of the text so far is answer and was not given before; a tag that has only begun is held back."""
        self._held += piece
        given = ""
        while self._held:
            tag = _CLOSE if self._is_thinking else _OPEN
            before, found, after = self._held.partition(tag)
            if not found:
                kept = _begun(self._held, tag)
                before, after = self._held[: len(self._held) - kept], self._held[len(self._held) - kept :]
            given += self._keep(before)
            self._held = after
            if not found:
                break
            self._is_thinking = not self._is_thinking
        return given

    def end(self) -> str:
        """What was held back and is no tag after all."""
        held, self._held = self._held, ""
        return self._keep(held)

    def _keep(self, text: str) -> str:
        if self._is_thinking:
            self.thoughts += text
            return ""
        if not self.answer:
            text = text.lstrip()  # the blank lines after a thought are part of it
        self.answer += text
        return text


def _begun(text: str, tag: str) -> int:
    """How many characters at the end of the text may be the beginning of the tag."""
    return next((size for size in range(min(len(tag) - 1, len(text)), 0, -1) if text.endswith(tag[:size])), 0)
