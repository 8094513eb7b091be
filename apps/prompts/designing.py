"""Automatic design: from a paragraph of what an app shall do, a model writes its instructions, form and opener."""

import json
import re
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from apps.common.errors import InvalidParam
from apps.common.text import storable
from apps.models.contracts import ChatMessage, ChatRequest, TextDelta
from apps.models.services.resolve import resolve_model

from .blocks import find_names
from .config import ADVANCED
from .errors import DesignFailed, ExpertModeOnly
from .shapes import as_list, as_map

MAX_INSTRUCTION: Final = 4000
MAX_VARIABLES: Final = 10
MAX_OPENER: Final = 1000
MAX_ANSWER: Final = 100_000
_VARIABLE: Final = re.compile(r"[^\W\d]\w{0,29}")
_EXAMPLE: Final = {
    "prompt": "You are ... Write about {{topic}} ...",
    "variables": ["topic"],
    "opening_statement": "Hello! ...",
}
INSTRUCTIONS: Final = (
    "You set up an assistant for somebody who says below what it shall do. Write the instructions the assistant will "
    "get, with its task, its manner and its limits. Where the task needs something from its user each time, put a "
    "name in double braces, in English and in lower case, and list these names. Write a greeting that says what the "
    "assistant can do. Use the language of the description.\n\n"
    f"Answer with JSON in just this form:\n{json.dumps(_EXAMPLE)}"
)


@dataclass(frozen=True, slots=True)
class Design:
    """A proposal for an app in basic mode; every variable stands in the prompt, and the other way round."""

    pre_prompt: str
    variables: tuple[str, ...]
    opening_statement: str

    def as_config(self, *, as_chat: bool) -> dict[str, Any]:
        """The parts of a `model_config` map it fills; a text generator has no opener."""
        form = [
            {
                "text-input": {
                    "variable": name,
                    "label": _label(name),
                    "required": True,
                    "max_length": 256,
                    "default": "",
                }
            }
            for name in self.variables
        ]
        config: dict[str, Any] = {"prompt_type": "simple", "pre_prompt": self.pre_prompt, "user_input_form": form}
        return {**config, "opening_statement": self.opening_statement} if as_chat else config


async def design(*, workspace_id: UUID, instruction: str, config: Mapping[str, Any]) -> Design:
    """Lets the workspace's default model write a design.

    Args:
        instruction: what the app shall do, 1 to 4,000 characters.
        config: the app's present `model_config`.

    Raises:
        InvalidParam: the instruction is empty or too long.
        ExpertModeOnly: 409: the app is in expert mode.
        DesignFailed: `design_failed`: the model's answer is no design.
        ProviderNotInitialized, ProviderError: there is no model, or it failed.
    """
    if config.get("prompt_type") == ADVANCED:
        raise ExpertModeOnly("Automatic design writes the instructions of basic mode; this app is in expert mode.")
    text = storable(instruction).strip()
    if not 0 < len(text) <= MAX_INSTRUCTION:
        raise InvalidParam(f"Say in 1 to {MAX_INSTRUCTION:,} characters what the app shall do.", params="instruction")
    handle = await resolve_model(workspace_id=workspace_id, model_type="llm")
    messages = [ChatMessage("system", INSTRUCTIONS), ChatMessage("user", text)]
    pieces: list[str] = []
    async with aclosing(handle.stream_chat(ChatRequest(messages, {"temperature": 0.3}))) as stream:
        async for piece in stream:
            if isinstance(piece, TextDelta):
                pieces.append(piece.text)
                if sum(map(len, pieces)) > MAX_ANSWER:
                    raise DesignFailed
    return read_design("".join(pieces))


def read_design(answer: str) -> Design:
    """The design in a model's answer, which may say more around the JSON. Raises DesignFailed."""
    found = _first_object(answer)
    prompt = found.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise DesignFailed
    prompt = storable(prompt).strip()
    listed = [item.get("name") if isinstance(item, Mapping) else item for item in as_list(found.get("variables"))]
    names = [name for name in dict.fromkeys([*find_names(prompt), *map(_name, listed)]) if _VARIABLE.fullmatch(name)]
    used = tuple(name for name in names if f"{{{{{name}}}}}" in prompt)[:MAX_VARIABLES]
    opener = found.get("opening_statement")
    return Design(prompt, used, storable(opener).strip()[:MAX_OPENER] if isinstance(opener, str) else "")


def _first_object(text: str) -> Mapping[str, Any]:
    """The first JSON object in a text that has a prompt."""
    decoder = json.JSONDecoder(strict=False)  # line breaks within strings are a common slip
    for match in re.finditer(r"\{", text):
        try:
            value, _ = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            continue
        if as_map(value).get("prompt"):
            return as_map(value)
    raise DesignFailed


def _name(value: object) -> str:
    return value.strip().strip("{}").strip() if isinstance(value, str) else ""


def _label(name: str) -> str:
    return name.replace("_", " ").strip().capitalize()
