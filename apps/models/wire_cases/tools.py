"""Calls of tools and what comes back from them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from apps.models.catalogue import Provider
from apps.models.contracts import ChatMessage, ToolCall
from apps.models.wire_checks import Context, Said, WireCase, expect, user, wire_cases

ADD: Final[Mapping[str, Any]] = {
    "type": "function",
    "function": {
        "name": "add",
        "description": "Adds two numbers.",
        "parameters": {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        },
    },
}
TIME: Final[Mapping[str, Any]] = {
    "type": "function",
    "function": {
        "name": "current_time",
        "description": "The time now, in UTC.",
        "parameters": {"type": "object", "properties": {}},
    },
}
QUESTION: Final = user("What is 1 + 2? And what is 3 + 4? Use the tool for each.")


class ToolCase(WireCase):
    """A model with tools."""

    feature: ClassVar[str] = "tool-call"

    def applies(self, provider: Provider) -> bool:
        # The demo model calls a tool only where its question says so in a form of its own.
        return super().applies(provider) and provider.driver != "demo"


def check_calls(calls: Sequence[ToolCall], names: Sequence[str]) -> None:
    """Every call has an id of its own, a name that was given and an object of arguments. Raises CaseFailed."""
    expect(calls, "no_tool_call", "The model called no tool although the question asks for it.")
    for call in calls:
        expect(call.name, "tool_name_missing", "A call names no tool.")
        expect(call.name in names, "unknown_tool", f"A call names {call.name!r}, which was not given.")
        _arguments(call)
    ids = [call.id for call in calls]
    expect(all(ids) and len(set(ids)) == len(ids), "tool_id_missing", f"The calls have the ids {ids}.")


def _arguments(call: ToolCall) -> Mapping[str, Any]:
    try:
        found = json.loads(call.arguments or "{}")
    except ValueError:
        found = None
    expect(
        isinstance(found, dict), "tool_arguments_not_json", f"The arguments are no JSON object: {call.arguments[:200]}"
    )
    return dict(found or {})


async def _asked(context: Context) -> Said:
    return await context.chat(QUESTION, behaviour="tool-user", tools=[ADD])


@wire_cases.register
class OneCall(ToolCase):
    """A question that needs a tool."""

    key: ClassVar[str] = "tools.call"
    label: ClassVar[str] = "A tool is called with its arguments"
    expects: ClassVar[str] = "A call with an id, the tool's name and a JSON object; the reason is that of calls."

    async def run(self, context: Context) -> None:
        said = await _asked(context)
        check_calls(said.calls, ["add"])
        expect(said.finish.reason == "tool_calls", "wrong_reason", f"With calls it stopped for {said.finish.reason}.")
        if context.fake is not None:
            first = _arguments(said.calls[0])
            expect(first == {"a": 1}, "wrong_tool_calls", f"The arguments came as {said.calls[0].arguments}.")


@wire_cases.register
class TwoCalls(ToolCase):
    """Two calls in one answer are kept apart."""

    key: ClassVar[str] = "tools.parallel"
    label: ClassVar[str] = "Two calls in one answer are kept apart"
    expects: ClassVar[str] = "Each call with an id and arguments of its own."
    needs_fake: ClassVar[bool] = True

    async def run(self, context: Context) -> None:
        said = await _asked(context)
        check_calls(said.calls, ["add"])
        found = [_arguments(call) for call in said.calls]
        expect(found == [{"a": 1}, {"b": 2}], "wrong_tool_calls", f"The calls came as {found}.")


@wire_cases.register
class RoundTrip(ToolCase):
    """The results go back and are answered in text."""

    key: ClassVar[str] = "tools.round_trip"
    label: ClassVar[str] = "Results of calls are answered in text"
    expects: ClassVar[str] = "Results are taken with the ids of their calls."

    async def run(self, context: Context) -> None:
        calls = (await _asked(context)).calls
        check_calls(calls, ["add"])
        results = [ChatMessage("tool", "3", tool_call_id=call.id) for call in calls]
        turns = [QUESTION, ChatMessage("assistant", "", tool_calls=calls), *results]
        said = await context.chat(*turns, behaviour="tool-user", tools=[ADD])
        expect(said.text.strip() or said.calls, "empty_answer", "The results were answered with nothing.")


@wire_cases.register
class NoArguments(ToolCase):
    """A tool that takes nothing."""

    key: ClassVar[str] = "tools.no_arguments"
    label: ClassVar[str] = "A tool without arguments is taken"
    expects: ClassVar[str] = "A schema without properties is taken; a call of it is answered."

    async def run(self, context: Context) -> None:
        question = user("What time is it? Use the tool.")
        if context.fake is None:
            said = await context.chat(question, tools=[TIME])
            check_calls(said.calls, ["current_time"])
            return
        call = ToolCall("call_0", "current_time", "")
        turns = [
            question,
            ChatMessage("assistant", "", tool_calls=[call]),
            ChatMessage("tool", "12:00", tool_call_id="call_0"),
        ]
        said = await context.chat(*turns, tools=[TIME])
        expect(said.text.strip(), "empty_answer", "The result was answered with nothing.")


@wire_cases.register
class TextBesideTools(ToolCase):
    """Tools that are not needed are no harm."""

    key: ClassVar[str] = "tools.not_needed"
    label: ClassVar[str] = "A model with tools may answer in text"
    expects: ClassVar[str] = "Whether to call is the model's choice."

    async def run(self, context: Context) -> None:
        said = await context.chat(user("Say hello. Use no tool."), tools=[ADD])
        expect(said.text.strip() or said.calls, "empty_answer", "The answer has neither text nor call.")
