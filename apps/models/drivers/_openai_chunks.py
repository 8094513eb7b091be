"""The streamed answer of OpenAI's chat and completion protocols, bytes in and pieces out, without any I/O.

Servers that claim the protocol differ: CRLF, comment lines, chunks without choices, no `[DONE]`, tool calls without
index or id, content as null or as parts, an error object in a successful answer, usage at the end, in every chunk or
never. All of these are read here. Reads of any size may be fed: lines are cut as bytes, so a character may be split.
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from apps.models.contracts import ChatPiece, Endpoint, Finish, TextDelta, ToolCall, ToolCallDelta
from apps.models.errors import ProviderContentFiltered

from . import _problems

MAX_LINE_BYTES: Final = 4 * 2**20
MAX_TOKENS: Final = 10**8  # no window is near it; a server that counts more does not know
_MALFORMED: Final = (AttributeError, TypeError, KeyError, IndexError, ValueError)


class ChunkParser:
    """Reads one streamed answer.

    `finished` says that the answer's last text has come, `done` that nothing more will; `events` counts what was
    read apart from comments.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.finished = self.done = False
        self.events = 0
        self._endpoint = endpoint
        self._rest = b""
        self._has_text = False
        self._reason = ""
        self._calls = _ToolCalls()
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
        if not choices:
            self._take_rest(event)
            return
        choice = choices[0]
        # The older completions have the text itself where chats have a delta.
        delta = choice.get("delta") or choice.get("message") or {"content": choice.get("text")}
        text = delta.get("content")
        if text:
            self._has_text = True
            pieces.append(TextDelta(text if type(text) is str else _join(text)))
        calls = delta.get("tool_calls")
        if calls:
            self._calls.add(calls)
        if event.get("usage"):
            self._usage = event["usage"]
        reason = choice.get("finish_reason")
        if reason and not self.finished:
            self._end_text(str(reason), pieces)

    def _take_rest(self, event: Any) -> None:
        if event.get("error") or event.get("object") == "error":
            raise _problems.from_event(self._endpoint, event.get("error") or event)
        self._usage = event.get("usage") or self._usage

    def _end_text(self, reason: str, pieces: list[ChatPiece]) -> None:
        self.finished, self._reason = True, reason
        calls = self._calls.joined()
        if calls:
            pieces.append(ToolCallDelta(calls))
        elif not self._has_text:
            raise self._nothing(reason)
        pieces.append(TextDelta(""))

    def _nothing(self, reason: str) -> Exception:
        if reason == "content_filter":
            text = "the provider's content filter withheld the answer"
            return ProviderContentFiltered(_problems.sentence(self._endpoint, text))
        return _problems.bad_answer(self._endpoint, f"the answer is empty (finish reason: {reason})")

    def _broken(self, payload: bytes) -> Exception:
        text = payload[:200].decode("utf-8", "replace")
        return _problems.bad_answer(self._endpoint, f"the answer is not what the protocol promises: {text}")


class _ToolCalls:
    """Joins the fragments of tool calls."""

    def __init__(self) -> None:
        self._calls: dict[int, dict[str, str]] = {}
        self._last = -1

    def add(self, fragments: list[Mapping[str, Any]]) -> None:
        for fragment in fragments:
            function = fragment.get("function") or {}
            call = self._call_of(fragment, function)
            call["id"] = fragment.get("id") or call["id"]
            call["name"] = call["name"] or function.get("name") or ""
            call["arguments"] += _as_json(function.get("arguments"))

    def _call_of(self, fragment: Mapping[str, Any], function: Mapping[str, Any]) -> dict[str, str]:
        """By index; where there is none, a new id or (without ids) a new name begins a new call."""
        index = fragment.get("index")
        if index is None:
            last, id = self._calls.get(self._last), fragment.get("id")
            begins = (id != last["id"]) if last and id else bool(function.get("name"))
            index = self._last + 1 if last is None or begins else self._last
        self._last = int(index)
        return self._calls.setdefault(self._last, {"id": "", "name": "", "arguments": ""})

    def joined(self) -> list[ToolCall]:
        return [
            ToolCall(call["id"] or f"call_{index}", call["name"], call["arguments"] or "{}")
            for index, call in sorted(self._calls.items())
        ]


def _as_json(arguments: Any) -> str:
    if arguments is None or isinstance(arguments, str):
        return arguments or ""
    return orjson.dumps(arguments).decode()


def _join(parts: list[Mapping[str, Any]]) -> str:
    return "".join(str(part.get("text") or "") for part in parts)


def _count(usage: Mapping[str, Any], kind: str) -> int | None:
    value = usage.get(f"{kind}_tokens") if isinstance(usage, Mapping) else None
    return value if type(value) is int and 0 <= value <= MAX_TOKENS else None  # a bool is no count
