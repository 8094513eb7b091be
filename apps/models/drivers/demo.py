"""The built-in demo provider: chat, embedding and rerank without a key or a network.

It understands nothing, looks at no picture and neither hears nor speaks. It quotes the sentences of the knowledge in
its prompt that share most words with the question, and says what it is. The same request always gives the same answer.
"""

import json
import re
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from apps.common.tokens import estimate_tokens
from apps.models.contracts import (
    ChatMessage,
    ChatPiece,
    ChatRequest,
    Driver,
    Embeddings,
    Endpoint,
    Finish,
    ModelSpec,
    ParameterRule,
    RankedDocument,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    drivers,
)

from . import _demo_design as designing
from . import _demo_pairs as pairing
from . import _demo_text as text_tools

NOTE: Final = "(Quoted from the knowledge by the built-in demo model. Choose a real model for written answers.)"
NOTHING_FOUND: Final = (
    "I am the built-in demo model. The knowledge I was given does not seem to say anything about this question."
)
NO_KNOWLEDGE: Final = (
    "I am the built-in demo model: I run without a key and can only quote knowledge, which this app gives me none of "
    "for this question. Add knowledge to the app, or choose a real model under Settings -> Model Provider."
)
QUOTES: Final = 3
EARLIER_WEIGHT: Final = 0.3  # of the words of earlier questions, for "and what about ...?"
_CONTEXT: Final = re.compile(r"<context>(.*?)</context>", re.DOTALL | re.IGNORECASE)
_TITLE_WANTED: Final = re.compile(r"\bwrite an? title\b", re.IGNORECASE)
TITLE_WORDS: Final = 8
_DESCRIPTION_WANTED: Final = re.compile(r"\bwrite a description\b", re.IGNORECASE)
DESCRIPTION_WORDS: Final = 40
_CALL: Final = re.compile(r"CALL:([\w.-]+)")
_JSON_WANTED: Final = re.compile(
    r"\b(?:answer|reply|respond|response|return|output|write|format|generate)\b[^.\n]{0,60}\bjson\b(\s+(?:array|list))?",
    re.IGNORECASE,
)
_PIECE: Final = re.compile(rf"[{text_tools.CJK}]{{1,2}}\s*|[^\s{text_tools.CJK}]+\s*|\s+")


@drivers.register
class DemoDriver(Driver):
    """See the module."""

    key: ClassVar[str] = "demo"
    label: ClassVar[str] = "Demo (built in)"
    parameters: ClassVar[Sequence[ParameterRule]] = (ParameterRule("max_tokens", "int", "Max tokens", 1),)

    async def stream_chat(
        self, endpoint: Endpoint, model: ModelSpec, request: ChatRequest
    ) -> AsyncGenerator[ChatPiece, None]:
        """Streams an answer word by word."""
        prompt_tokens = sum(estimate_tokens(text_of(message)) + 4 for message in request.messages)
        calls = tool_calls(request)
        if calls:
            yield ToolCallDelta(calls)
            yield TextDelta("")
            yield Finish("tool_calls", prompt_tokens, sum(estimate_tokens(call.arguments) + 4 for call in calls))
            return
        text, reason = limited(answer(request), request)
        for match in _PIECE.finditer(text):
            yield TextDelta(match[0])
        yield TextDelta("")
        yield Finish(reason, prompt_tokens, estimate_tokens(text))

    async def embed(self, endpoint: Endpoint, model: ModelSpec, texts: Sequence[str]) -> Embeddings:
        """Vectors of hashed words."""
        return Embeddings([text_tools.embed(text) for text in texts], sum(map(estimate_tokens, texts)))

    async def rerank(
        self, endpoint: Endpoint, model: ModelSpec, query: str, documents: Sequence[str], top_n: int
    ) -> Sequence[RankedDocument]:
        """By the share of the query's words that a document has; rare words weigh more."""
        scores = text_tools.coverage(text_tools.terms(query), [text_tools.terms(text) for text in documents])
        order = sorted(range(len(documents)), key=lambda index: -scores[index])
        return [RankedDocument(index, scores[index]) for index in order[:top_n]]

    async def check(self, endpoint: Endpoint, model: ModelSpec | None) -> None:
        """There is nothing to check."""


def text_of(message: ChatMessage) -> str:
    """A message's text without its images."""
    if isinstance(message.content, str):
        return message.content
    return " ".join(str(part.get("text", "")) for part in message.content)


def answer(request: ChatRequest) -> str:
    """The whole answer to a request."""
    if request.messages and request.messages[-1].role == "tool":
        return f"The tool returned: {text_of(request.messages[-1])}"
    questions = [_CONTEXT.sub(" ", text_of(message)) for message in request.messages if message.role == "user"]
    if questions and request.messages[0].role == "system" and (words := _words_wanted(text_of(request.messages[0]))):
        return " ".join(questions[-1].split()[:words])
    if questions and request.messages[0].role == "system" and pairing.is_wanted(text_of(request.messages[0])):
        return pairing.pairs(questions[-1]) or NOTHING_FOUND
    context = "\n".join(found for message in request.messages for found in _CONTEXT.findall(text_of(message)))
    instructions = "\n".join(_CONTEXT.sub(" ", text_of(message)) for message in request.messages)
    quoted = quote(context, questions)
    text = f"{quoted}\n\n{NOTE}" if quoted else NOTHING_FOUND if context.strip() else _without_knowledge(questions)
    wanted = request.parameters.get("response_format")
    if questions and _JSON_WANTED.search(instructions) and designing.is_wanted(_example(instructions)):
        return json.dumps(designing.design(questions[-1]), ensure_ascii=False)
    return as_json(quoted or text, wanted, instructions) or text


def _words_wanted(instructions: str) -> int:
    """How many of the message's first words make the title or description that is wanted; 0: neither is."""
    if _TITLE_WANTED.search(instructions):
        return TITLE_WORDS
    return DESCRIPTION_WORDS if _DESCRIPTION_WANTED.search(instructions) else 0


def quote(context: str, questions: Sequence[str]) -> str:
    """The sentences of the context nearest to the last question, in the order in which they stand there; or none."""
    weights = dict.fromkeys(text_tools.terms(" ".join(questions[:-1])), EARLIER_WEIGHT)
    weights |= dict.fromkeys(text_tools.terms(questions[-1] if questions else ""), 1.0)
    found = list(dict.fromkeys(text_tools.sentences(context)))
    scores = text_tools.bm25(weights, [text_tools.terms(sentence) for sentence in found])
    best = sorted(range(len(found)), key=lambda index: -scores[index])[:QUOTES]
    chosen = sorted(index for index in best if scores[index] > 0.4 * scores[best[0]])
    return " ".join(found[index] for index in chosen)


def _without_knowledge(questions: Sequence[str]) -> str:
    asked = questions[-1].strip() if questions else ""
    short = asked if len(asked) <= 300 else f"{asked[:300]}..."
    return f"{NO_KNOWLEDGE}\n\nYou wrote: {short}" if short else NO_KNOWLEDGE


def limited(text: str, request: ChatRequest) -> tuple[str, str]:
    """The text cut at the first stop sequence and at `max_tokens`, and why it ends."""
    for stop in filter(None, request.stop):
        text = text.partition(stop)[0]
    limit = request.parameters.get("max_tokens")
    if isinstance(limit, int) and estimate_tokens(text) > limit > 0:
        return text[: limit * 4 if text.isascii() else limit], "length"
    return text, "stop"


# --- tool calls and JSON: enough to try agents and structured output with ---------------------------------


def tool_calls(request: ChatRequest) -> list[ToolCall]:
    """The calls that the last user message asks for by `CALL:<tool>{json}`, if the request has such a tool."""
    if not request.messages or request.messages[-1].role != "user":
        return []
    names = {str(tool.get("function", {}).get("name")) for tool in request.tools}
    text = text_of(request.messages[-1])
    found = [match for match in _CALL.finditer(text) if match[1] in names]
    return [ToolCall(f"call_{n}", match[1], _object_at(text, match.end())) for n, match in enumerate(found)]


def _object_at(text: str, start: int) -> str:
    try:
        _, end = json.JSONDecoder().raw_decode(text, start)
    except ValueError:
        return "{}"
    return text[start:end]


def as_json(text: str, response_format: Any, instructions: str) -> str | None:
    """The answer as JSON where the request or its words ask for that; None where neither does."""
    wanted = response_format.get("type") if isinstance(response_format, Mapping) else response_format
    match = _JSON_WANTED.search(instructions)
    if wanted in (None, "text") and match is None:
        return None
    if match and match[1]:
        return json.dumps(_follow_ups(text), ensure_ascii=False)
    schema = response_format.get("json_schema") if isinstance(response_format, Mapping) else None
    if isinstance(schema, Mapping):
        return json.dumps(_fill(schema.get("schema", schema), text), ensure_ascii=False)
    return json.dumps(_like(_example(instructions), text), ensure_ascii=False)


def _follow_ups(text: str) -> list[str]:
    words = sorted(set(re.findall(r"[^\W\d_]{5,}", text)), key=lambda word: (-len(word), word))[:3]
    return [f"What else is there to know about {word}?" for word in words]


def _example(instructions: str) -> Mapping[str, Any]:
    """The first JSON object that the instructions show, as a pattern; else one field."""
    for match in re.finditer(r"\{", instructions):
        value = _parse(_object_at(instructions, match.start()))
        if value:
            return value
    return {"answer": ""}


def _parse(text: str) -> Mapping[str, Any]:
    value = json.loads(text)
    return value if isinstance(value, dict) else {}


def _like(example: Mapping[str, Any], text: str) -> dict[str, Any]:
    return {key: text if isinstance(value, str) else value for key, value in example.items()}


def _fill(schema: Any, text: str) -> Any:
    """A value that fits a JSON schema's outline."""
    schema = schema if isinstance(schema, Mapping) else {}
    if schema.get("enum"):
        return next(_named_first(schema["enum"], text))
    kind = schema.get("type")
    if kind == "object":
        return {key: _fill(part, text) for key, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [_fill(schema.get("items"), text)]
    return {"integer": 0, "number": 0.0, "boolean": False, "null": None}.get(str(kind), text)


def _named_first(options: Sequence[Any], text: str) -> Iterator[Any]:
    yield from (option for option in options if str(option).lower() in text.lower())
    yield from options
