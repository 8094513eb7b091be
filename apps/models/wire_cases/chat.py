"""Answers in text: their order, their end, what goes in."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import aclosing
from typing import ClassVar, Final

from apps.models.catalogue import Provider
from apps.models.contracts import ChatMessage, ChatPiece, ChatRequest, Finish, TextDelta
from apps.models.errors import ProviderContentFiltered
from apps.models.faulty import Fault
from apps.models.wire_checks import MAX_TOKENS, Context, NotApplicable, Said, WireCase, expect, says, user, wire_cases

# Of other drivers no model is a completion model.
_COMPLETING: Final = "openai"
LEAVING_S: Final = 4.0
_PLAUSIBLE_TOKENS: Final = 20  # for each character of an answer: more cannot be


def check_pieces(pieces: Sequence[ChatPiece]) -> Said:
    """The contract of every stream. Raises CaseFailed."""
    said = Said(pieces)
    ends = [piece for piece in pieces if isinstance(piece, Finish)]
    expect(len(ends) == 1 and said.finish, "missing_finish", f"{len(ends)} ends of the answer came instead of one.")
    expect(
        said.finish.reason in ("stop", "length", "tool_calls", "content_filter"),
        "wrong_reason",
        f"The reason {said.finish.reason!r} is none of ours.",
    )
    return said


@wire_cases.register
class Hello(WireCase):
    """System and user text give text."""

    key: ClassVar[str] = "chat.hello"
    label: ClassVar[str] = "A system and a user message are answered"
    expects: ClassVar[str] = "Text, then one end with a reason."

    async def run(self, context: Context) -> None:
        said = check_pieces((await context.chat(ChatMessage("system", "Be brief."), user("Say hello."))).pieces)
        expect(said.text.strip(), "empty_answer", "The answer has no text.")
        expect(said.finish.reason in ("stop", "length"), "wrong_reason", f"It stopped for {said.finish.reason}.")


@wire_cases.register
class Pieces(WireCase):
    """The text comes in pieces, in their order."""

    key: ClassVar[str] = "chat.pieces"
    label: ClassVar[str] = "Text comes in pieces and in order"
    expects: ClassVar[str] = "One event for each piece of text, in the order of the text."

    async def run(self, context: Context) -> None:
        said = await context.chat(user("Count from 1 to 20, digits and spaces only."))
        texts = [piece.text for piece in said.pieces if isinstance(piece, TextDelta) and piece.text]
        expect(texts, "empty_answer", "The answer has no text.")
        if context.fake is None:
            return
        words = [word for word in said.text.split() if word.startswith("tok")]
        expect(len(set(words)) == len(words), "duplicate_chunk", "A piece of the answer came twice.")
        expect(words == sorted(words, key=_number), "reordered", "The pieces of the answer are out of order.")
        expect(len(words) == 50, "lost_chunk", f"{len(words)} of 50 words came.")


def _number(word: str) -> int:
    digits = "".join(letter for letter in word if letter.isdigit())
    return int(digits or 0)


@wire_cases.register
class EmptyDelta(WireCase):
    """The text's end is an empty piece before the finish."""

    key: ClassVar[str] = "chat.end_of_text"
    label: ClassVar[str] = "An empty piece ends the text"
    expects: ClassVar[str] = "The end of the text is told before the end of the answer."

    async def run(self, context: Context) -> None:
        said = await context.chat(user("Say hello."))
        last = [piece for piece in said.pieces if isinstance(piece, TextDelta)][-1:]
        expect(last == [TextDelta("")], "missing_end_of_text", "No empty piece ends the text.")


@wire_cases.register
class UsageCounted(WireCase):
    """Tokens are counted by the provider."""

    key: ClassVar[str] = "chat.usage"
    label: ClassVar[str] = "The provider counts the tokens"
    expects: ClassVar[str] = "The number of tokens of prompt and answer, above zero."

    def applies(self, provider: Provider) -> bool:
        return super().applies(provider) and says(provider, "usage")

    async def run(self, context: Context) -> None:
        said = await context.chat(user("Say hello."))
        read, written = said.finish.prompt_tokens, said.finish.completion_tokens
        expect(read is not None and written is not None, "missing_usage", "The answer came without its tokens.")
        most = _PLAUSIBLE_TOKENS * len(said.whole) + MAX_TOKENS
        fits = 0 < (read or 0) < 100_000 and 0 < (written or 0) <= most
        expect(fits, "wrong_usage", f"{read} and {written} tokens cannot be those of this answer.")


@wire_cases.register
class Stops(WireCase):
    """A stop sequence is sent and never part of the answer."""

    key: ClassVar[str] = "chat.stop"
    label: ClassVar[str] = "A stop sequence is taken"
    expects: ClassVar[str] = "The answer ends before the stop sequence."

    async def run(self, context: Context) -> None:
        if context.fake is None and "stop" in context.models["llm"].drop_params:
            raise NotApplicable("The model takes no stop sequences.")
        said = await context.chat(user("Write the words alpha, HALT, omega in this order."), stop=["HALT"])
        expect("HALT" not in said.text, "ignores_stop", "The answer goes on past the stop sequence.")


@wire_cases.register
class Length(WireCase):
    """An answer cut by max_tokens says so."""

    key: ClassVar[str] = "chat.max_tokens"
    label: ClassVar[str] = "An answer that was cut for its length says so"
    expects: ClassVar[str] = "With a small limit of tokens the reason is that of the length."

    def applies(self, provider: Provider) -> bool:
        return super().applies(provider) and says(provider, "reason")

    async def run(self, context: Context) -> None:
        question = user("Write a story of five thousand words about the sea.")
        said = await context.chat(question, behaviour="long", max_tokens=MAX_TOKENS)
        reason = said.finish.reason
        expect(reason == "length", "ignores_max_tokens", f"The answer ended with {reason} at {MAX_TOKENS} tokens.")


@wire_cases.register
class TemperatureZero(WireCase):
    """Zero is a temperature."""

    key: ClassVar[str] = "chat.temperature_zero"
    label: ClassVar[str] = "A temperature of 0 is taken"
    expects: ClassVar[str] = "Every documented value of a parameter is taken."

    async def run(self, context: Context) -> None:
        check_pieces((await context.chat(user("Say hello."), temperature=0.0)).pieces)


class TextCase(WireCase):
    """A text goes in whole: the request is taken, and has it where we can look."""

    text: ClassVar[str]
    expects: ClassVar[str] = "Any text in UTF-8 is taken."

    async def run(self, context: Context) -> None:
        said = await context.chat(user(self.text))
        expect(said.text.strip(), "empty_answer", "The answer has no text.")
        if context.fake is None:
            return
        sent = _sent_text(context)
        expect(self.text[-40:] in sent, "text_changed", "The text is not in the request as it was written.")


def _sent_text(context: Context) -> str:
    """All requests that the fake got, escapes of JSON undone."""
    assert context.fake is not None
    parts = []
    for received in context.fake.received[-4:]:
        try:
            parts.append(json.dumps(received.json, ensure_ascii=False))
        except ValueError:
            parts.append(received.body.decode("utf-8", "replace"))
    return "\n".join(parts)


@wire_cases.register
class Emoji(TextCase):
    """Characters beyond the basic plane."""

    key: ClassVar[str] = "chat.emoji"
    label: ClassVar[str] = "Emoji are taken"
    text: ClassVar[str] = "Repeat: \N{ROCKET} \N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER} done"


@wire_cases.register
class Chinese(TextCase):
    """Chinese, Japanese, Korean."""

    key: ClassVar[str] = "chat.cjk"
    label: ClassVar[str] = "Chinese, Japanese and Korean are taken"
    text: ClassVar[str] = "请回答:你好。こんにちは。안녕하세요."


@wire_cases.register
class RightToLeft(TextCase):
    """Arabic and Hebrew."""

    key: ClassVar[str] = "chat.right_to_left"
    label: ClassVar[str] = "Arabic and Hebrew are taken"
    text: ClassVar[str] = "أجب: مرحبا. ענה: שלום."


@wire_cases.register
class LongPrompt(TextCase):
    """A prompt of some two thousand tokens."""

    key: ClassVar[str] = "chat.long_prompt"
    label: ClassVar[str] = "A long prompt is taken"
    text: ClassVar[str] = "The quick brown fox jumps over the lazy dog. " * 200 + "Now say hello."


@wire_cases.register
class Turns(WireCase):
    """A conversation of several turns."""

    key: ClassVar[str] = "chat.turns"
    label: ClassVar[str] = "A conversation of several turns is answered"
    expects: ClassVar[str] = "User and assistant in turn, ending with the user."

    async def run(self, context: Context) -> None:
        turns = [user("My name is Ada."), ChatMessage("assistant", "Hello Ada."), user("What is my name?")]
        said = await context.chat(ChatMessage("system", "Be brief."), *turns)
        expect(said.text.strip(), "empty_answer", "The answer has no text.")


@wire_cases.register
class EmptySystem(WireCase):
    """An app without a prefix prompt."""

    key: ClassVar[str] = "chat.empty_system"
    label: ClassVar[str] = "An empty system message does no harm"
    expects: ClassVar[str] = "An empty system message is taken or left out of the request."

    async def run(self, context: Context) -> None:
        check_pieces((await context.chat(ChatMessage("system", ""), user("Say hello."))).pieces)


@wire_cases.register
class LeftEarly(WireCase):
    """A reader who leaves ends the request."""

    key: ClassVar[str] = "chat.left_early"
    label: ClassVar[str] = "Leaving a stream ends the request at once"
    expects: ClassVar[str] = "The connection is closed when the reader leaves."

    async def run(self, context: Context) -> None:
        left = asyncio.Event()
        async with context.spoilt(Fault(fate="stalls", streams_only=True, on_left=left.set)):
            request = ChatRequest([user("Count from 1 to 100.")], {"max_tokens": MAX_TOKENS})
            stream = context.driver.stream_chat(context.endpoint("llm"), context.spec("llm"), request)
            async with aclosing(stream):
                await anext(stream)
                leaving = asyncio.get_running_loop().time()
            took_s = asyncio.get_running_loop().time() - leaving
            expect(took_s < LEAVING_S, "slow_to_leave", f"Leaving took {took_s:.1f} s.")
            if context.fake is not None:
                await _expect_left(left)


async def _expect_left(left: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(LEAVING_S):
            await left.wait()
    except TimeoutError:
        expect(False, "slow_to_leave", "The connection was kept open after the reader had left.")


@wire_cases.register
class Completion(WireCase):
    """The older completions, of one text."""

    key: ClassVar[str] = "chat.completion"
    label: ClassVar[str] = "A completion model gets one text"
    expects: ClassVar[str] = "The older protocol: a prompt instead of messages."
    needs_fake: ClassVar[bool] = True

    def applies(self, provider: Provider) -> bool:
        return super().applies(provider) and provider.custom_models and provider.driver == _COMPLETING

    async def run(self, context: Context) -> None:
        said = await context.chat(user("As Descartes said:"), mode="completion")
        expect(said.text.strip(), "empty_answer", "The answer has no text.")


@wire_cases.register
class Thoughts(WireCase):
    """Thoughts are told from the answer."""

    key: ClassVar[str] = "chat.thoughts"
    label: ClassVar[str] = "Thoughts are told from the answer"
    feature: ClassVar[str] = "reasoning"
    expects: ClassVar[str] = "Thoughts come apart from the text and before it."
    needs_fake: ClassVar[bool] = True

    async def run(self, context: Context) -> None:
        said = await context.chat(user("Why?"), behaviour="think", thinking=True, max_tokens=4096)
        whole = said.whole
        expect(whole.startswith("<think>\n"), "missing_thoughts", "No thoughts came although they were asked for.")
        expect(whole.count("</think>") == 1 and said.text.strip(), "thoughts_open", "The thoughts do not end.")


@wire_cases.register
class Filtered(WireCase):
    """An answer that the provider withholds."""

    key: ClassVar[str] = "chat.filtered"
    label: ClassVar[str] = "An answer withheld by a filter is named"
    expects: ClassVar[str] = "The reason that the vendor documents for its filter."
    needs_fake: ClassVar[bool] = True

    def applies(self, provider: Provider) -> bool:
        return super().applies(provider) and says(provider, "reason") and provider.driver != "huggingface"

    async def run(self, context: Context) -> None:
        try:
            await context.chat(user("Say hello."), behaviour="filtered")
        except ProviderContentFiltered:
            return
        expect(False, "unnoticed_fault", "An answer that was withheld is not named.")
