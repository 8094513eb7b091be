"""The streamed answer of OpenAI's chat and completion protocols, bytes in and pieces out, without any I/O.

Servers that claim the protocol differ: CRLF, comment lines, chunks without choices, no `[DONE]`, tool calls without
index or id or in the older form, content as null or as parts, thoughts apart from the text, words of their own for why
a model stopped, an error in a successful answer, usage at the end, in every chunk or never. All of these are read here.
Reads of any size may be fed: lines are cut as bytes, so a character may be split.
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from apps.models.contracts import ChatPiece, Endpoint, Finish, TextDelta, ToolCallDelta
from apps.models.errors import ProviderContentFiltered, ProviderUnavailable

from . import _openai_calls, _problems

MAX_LINE_BYTES: Final = 4 * 2**20
MAX_TOKENS: Final = 10**8  # no window is near it; a server that counts more does not know
OPEN, CLOSE = "<think>\n", "\n</think>\n\n"
_MALFORMED: Final = (AttributeError, TypeError, KeyError, IndexError, ValueError)
# Vendors' words for why a model stopped, as OpenAI's. Calls speak for themselves; any other word means that the model
# came to its end.
_REASONS: Final = {
    "length": "length", "max_tokens": "length", "model_length": "length", "max_length": "length",
    "content_filter": "content_filter", "sensitive": "content_filter", "safety": "content_filter",
}  # fmt: skip
# Zhipu, DeepSeek, OpenRouter and Mistral: the model broke off.
_BROKEN_OFF: Final = frozenset({"network_error", "insufficient_system_resource", "error"})


class ChunkParser:
    """Reads one streamed answer.

    `finished` says that the answer's last text has come, `done` that nothing more will; `events` counts what was
    read apart from comments and from events that say nothing.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.finished = self.done = False
        self.events = 0
        self._endpoint = endpoint
        self._rest = b""
        self._has_text = self._is_thinking = False
        self._reason = ""
        self._thought_fields: tuple[str, ...] = endpoint.options["reasoning_fields"]
        self._thoughts: list[str] = []
        self._calls = _openai_calls.ToolCalls()
        self._usage: Mapping[str, Any] = {}

    def feed(self, data: bytes) -> list[ChatPiece]:
        """The pieces that these bytes complete. Raises ProviderError children."""
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > MAX_LINE_BYTES:
            raise _problems.bad_answer(self._endpoint, "a line of the answer is longer than 4 MB")
        pieces: list[ChatPiece] = []
        for line in lines:
            if line[:5] == b"data:":
                try:
                    event = orjson.loads(line[5:])
                except orjson.JSONDecodeError:
                    self._not_json(line[5:].strip(), pieces)
                    continue
                try:
                    self._take(event, pieces)
                except _MALFORMED as error:
                    raise self._broken(line[5:]) from error
                if event.get("choices") or event.get("usage"):
                    self.events += 1
        return pieces

    def end(self) -> list[ChatPiece]:
        """The last pieces, when the server has ended its answer.

        Raises:
            ProviderConnectionError: it ended without a finish reason and without `[DONE]`.
        """
        pieces = self.feed(b"\n") if self._rest else []
        if not (self.finished or self.done):
            raise _problems.cut(self._endpoint)
        return [*pieces, self.finish()]

    def finish(self) -> Finish:
        """Why the model stopped and what it counted."""
        return Finish(self._reason or "stop", _count(self._usage, "prompt"), _count(self._usage, "completion"))

    def whole(self, body: bytes) -> list[ChatPiece]:
        """The pieces of an answer that came unstreamed although a stream was asked for."""
        pieces: list[ChatPiece] = []
        try:
            event = orjson.loads(body)
            self._take(event, pieces)
        except _MALFORMED as error:
            raise self._broken(body) from error
        if not self.finished:
            self._end_text("stop", pieces)
        return [*pieces, self.finish()]

    def _not_json(self, payload: bytes, pieces: list[ChatPiece]) -> None:
        if payload == b"[DONE]":
            self.done = True
            if not self.finished:
                self._end_text("stop", pieces)
        elif payload:
            raise self._broken(payload)

    def _take(self, event: Any, pieces: list[ChatPiece]) -> None:
        choices = event.get("choices")
        if not choices or event.get("error"):
            self._take_rest(event)
            return
        choice = choices[0]
        delta = choice.get("delta") or self._without_delta(choice)
        for field in self._thought_fields:
            if thought := delta.get(field):
                self._think(thought, pieces)
                break
        text = delta.get("content")
        if text:
            self._say(text, pieces)
        calls = delta.get("tool_calls")
        if calls:
            self._calls.add(calls)
        elif function := delta.get("function_call"):
            self._calls.add([{"index": 0, "function": function}])
        if event.get("usage"):
            self._usage = event["usage"]
        reason = choice.get("finish_reason")
        if reason and reason != "null" and not self.finished:
            self._end_text(str(reason).lower(), pieces)

    def _without_delta(self, choice: Mapping[str, Any]) -> Mapping[str, Any]:
        """The older completions have the text itself; an unstreamed answer is a message, as MiniMax's last chunk is."""
        has_begun = self._has_text or self._thoughts or self._calls
        return (not has_begun and choice.get("message")) or {"content": choice.get("text")}

    def _say(self, content: Any, pieces: list[ChatPiece]) -> None:
        if type(content) is not str:
            for part in content:
                self._take_part(part, pieces)
            return
        if self._is_thinking:
            self._is_thinking = False
            pieces.append(TextDelta(CLOSE))
        self._has_text = True
        pieces.append(TextDelta(content))

    def _take_part(self, part: Mapping[str, Any], pieces: list[ChatPiece]) -> None:
        """A part of content: text, or thoughts, which Mistral gives as parts of their own."""
        if part.get("type") == "thinking":
            for thought in filter(None, map(_text_of, part["thinking"])):
                self._think(thought, pieces)
        elif part.get("text"):
            self._say(part["text"], pieces)

    def _think(self, thought: Any, pieces: list[ChatPiece]) -> None:
        if type(thought) is not str:
            raise TypeError("a thought is no text")
        self._thoughts.append(thought)
        if not self._is_thinking:
            self._is_thinking = True
            thought = OPEN + thought
        pieces.append(TextDelta(thought))

    def _take_rest(self, event: Any) -> None:
        problem = _problems.found_in(self._endpoint, event)
        if problem:
            raise problem
        self._usage = event.get("usage") or self._usage

    def _end_text(self, reason: str, pieces: list[ChatPiece]) -> None:
        self.finished = True
        if self._is_thinking:
            self._is_thinking = False
            pieces.append(TextDelta(CLOSE))
        if reason in _BROKEN_OFF:
            text = f"the model broke off in the middle of its answer (finish reason: {reason})"
            raise ProviderUnavailable(_problems.sentence(self._endpoint, text))
        calls = self._calls.joined(self._signature())
        self._reason = "tool_calls" if calls else _REASONS.get(reason, "stop")
        if calls:
            pieces.append(ToolCallDelta(calls))
        elif not self._has_text:
            raise self._nothing(reason)
        pieces.append(TextDelta(""))

    def _signature(self) -> str:
        """The thoughts, where the provider wants them back with the results of the calls."""
        return "".join(self._thoughts) if self._endpoint.options["thoughts_back"] else ""

    def _nothing(self, reason: str) -> Exception:
        if _REASONS.get(reason) == "content_filter":
            text = "the provider's content filter withheld the answer"
            return ProviderContentFiltered(_problems.sentence(self._endpoint, text))
        return _problems.bad_answer(self._endpoint, f"the answer is empty (finish reason: {reason})")

    def _broken(self, payload: bytes) -> Exception:
        return _problems.breach(self._endpoint, payload)


def _text_of(part: Mapping[str, Any]) -> Any:
    return part.get("text")


def _count(usage: Mapping[str, Any], kind: str) -> int | None:
    value = usage.get(f"{kind}_tokens") if isinstance(usage, Mapping) else None
    return value if type(value) is int and 0 <= value <= MAX_TOKENS else None  # a bool is no count
