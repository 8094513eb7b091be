"""Answers in JSON, and pictures beside the text."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from apps.models.contracts import ChatMessage
from apps.models.wire_checks import Context, WireCase, expect, user, wire_cases

PIXEL: Final = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {"answer": {"type": "string"}},
    "required": ["answer"],
    "additionalProperties": False,
}
QUESTION: Final = user('Answer in JSON, such as {"answer": "yes"}: is water wet?')


class FormatCase(WireCase):
    """A model that can be held to a format."""

    feature: ClassVar[str] = "json"
    expects: ClassVar[str] = "The format is taken; the answer is one JSON object."

    async def ask(self, context: Context, **parameters: Any) -> None:
        """Asks for JSON. Raises CaseFailed."""
        said = await context.chat(QUESTION, **parameters)
        if context.fake is not None and not said.text.startswith("{"):
            expect(said.text.strip(), "empty_answer", "The answer has no text.")
            return  # fakes of some protocols say their words in any format: that the request is taken is proved
        try:
            json.loads(said.text)
        except ValueError:
            expect(False, "answer_not_json", f"The answer is no JSON: {said.text[:200]}")


@wire_cases.register
class JsonObject(FormatCase):
    """Any object."""

    key: ClassVar[str] = "formats.json_object"
    label: ClassVar[str] = "JSON mode is taken"

    async def run(self, context: Context) -> None:
        await self.ask(context, response_format="json_object")


@wire_cases.register
class JsonSchema(FormatCase):
    """An object of a schema."""

    key: ClassVar[str] = "formats.json_schema"
    label: ClassVar[str] = "A JSON schema is taken"

    async def run(self, context: Context) -> None:
        await self.ask(context, response_format="json_schema", json_schema=SCHEMA)


@wire_cases.register
class Vision(WireCase):
    """A picture as a data URL."""

    key: ClassVar[str] = "formats.vision"
    label: ClassVar[str] = "A picture is taken"
    feature: ClassVar[str] = "vision"
    expects: ClassVar[str] = "A PNG of one pixel is taken beside the text."

    async def run(self, context: Context) -> None:
        parts: list[Mapping[str, Any]] = [
            {"type": "text", "text": "Which colour is this?"},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
        ]
        said = await context.chat(ChatMessage("user", parts))
        expect(said.text.strip(), "empty_answer", "The answer has no text.")
        if context.fake is not None:
            sent = any(PIXEL.encode() in received.body for received in context.fake.received[-4:])
            expect(sent, "picture_lost", "The picture is not in the request.")
