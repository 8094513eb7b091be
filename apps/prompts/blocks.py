"""Placeholders of prompts: `{{name}}` for a value of the form, `{{#block#}}` for what the turn brings."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from apps.files.references import STORED

CONTEXT: Final = "context"
QUERY: Final = "query"
HISTORIES: Final = "histories"
BLOCKS: Final = (CONTEXT, QUERY, HISTORIES)

# A name as the app file format allows it: letters, digits, underscore, CJK, emoji; no spaces, no braces, no #.
_NAME: Final = r"[^\s{}#]{1,100}"
_PLACEHOLDER: Final = re.compile(rf"\{{\{{({_NAME})\}}\}}")
_EITHER: Final = re.compile(rf"\{{\{{(?:#({'|'.join(BLOCKS)})#|({_NAME}))\}}\}}")
_ANY_BLOCK: Final = re.compile(r"\{\{#([^{}#\n]{1,100})#\}\}")


def fill(template: str, values: Mapping[str, Any]) -> str:
    """Replaces each `{{name}}` whose name has a value; others stay as they are."""

    def replace(match: re.Match[str]) -> str:
        name = match[1]
        return as_text(values[name]) if name in values else match[0]

    return _PLACEHOLDER.sub(replace, template)


def fill_blocks(template: str, values: Mapping[str, Any], blocks: Mapping[str, str]) -> str:
    """The same, and each `{{#block#}}` by its text; all in one pass, so that nothing filled in is filled again."""

    def replace(match: re.Match[str]) -> str:
        block, name = match[1], match[2]
        if block:
            return blocks.get(block, "")
        return as_text(values[name]) if name in values else match[0]

    return _EITHER.sub(replace, template)


def find_blocks(template: str) -> list[str]:
    """The names of the blocks in a prompt, known or not, as often as they stand there."""
    return _ANY_BLOCK.findall(template)


def find_names(template: str) -> list[str]:
    """The names in a prompt that stand for values of the form, each once."""
    return list(dict.fromkeys(_PLACEHOLDER.findall(template)))


def marker(block: str) -> str:
    """How a block is written."""
    return f"{{{{#{block}#}}}}"


def as_text(value: Any) -> str:
    """A value of the form as the model reads it: files are not text, lists and objects are JSON (DSL 2.1)."""
    if isinstance(value, str):
        return value
    if value is None or _is_file(value) or (isinstance(value, list) and all(map(_is_file, value))):
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def _is_file(value: Any) -> bool:
    return isinstance(value, dict) and value.get("dify_model_identity") == STORED
