"""Tool calls that come in fragments, in all the ways that servers of OpenAI's protocol number them. No I/O."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from apps.models.contracts import ToolCall


class ToolCalls:
    """Joins the fragments of tool calls."""

    def __init__(self) -> None:
        self._calls: dict[int, dict[str, str]] = {}
        self._last = -1

    def __bool__(self) -> bool:
        return bool(self._calls)

    def add(self, fragments: Sequence[Mapping[str, Any]]) -> None:
        """Takes what one chunk says of calls."""
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

    def joined(self, signature: str = "") -> list[ToolCall]:
        """The calls in their order; `signature` goes with the first."""
        return [
            ToolCall(
                call["id"] or f"call_{index}", call["name"], call["arguments"] or "{}", "" if number else signature
            )
            for number, (index, call) in enumerate(sorted(self._calls.items()))
        ]


def _as_json(arguments: Any) -> str:
    if arguments is None or isinstance(arguments, str):
        return arguments or ""
    return orjson.dumps(arguments).decode()
