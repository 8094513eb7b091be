"""How much of a turn's material fits the model's window: passages and pictures first, then history."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any, Final

from apps.common.tokens import estimate_tokens
from apps.models.contracts import ModelSpec
from apps.models.counting import MESSAGE_OVERHEAD_TOKENS, counter, most_tokens, tokeniser_of
from apps.models.errors import PromptTooLong

from .config import BasicConfig
from .material import Material, PastTurn
from .shapes import as_number, as_whole

DEFAULT_ANSWER_TOKENS: Final = 1024
# A picture of 1024 x 1024 in OpenAI's counting; other vendors' figures are near it.
PICTURE_TOKENS: Final = {"low": 85, "high": 765, "auto": 765}


def answer_tokens(config: BasicConfig, context_tokens: int) -> int:
    """Tokens kept free for the answer of an app's model; see `tokens_for_answer`."""
    return tokens_for_answer(config.parameters, context_tokens)


def tokens_for_answer(parameters: Mapping[str, Any], context_tokens: int) -> int:
    """Tokens kept free for an answer: `max_tokens` (as models read it: 512.0 and "512" are 512), never more than the
    window; without it a quarter of a small one.
    """
    asked = parameters.get("max_tokens")
    number = as_number(as_whole(asked) or asked)
    if number is not None and number >= 1:
        return min(int(number), context_tokens)
    return min(DEFAULT_ANSWER_TOKENS, context_tokens // 4)


def cost(text: str, count: Callable[[str], int] = estimate_tokens) -> int:
    """How many tokens a message of this text takes."""
    return count(text) + MESSAGE_OVERHEAD_TOKENS if text else 0


def fit(
    material: Material,
    config: BasicConfig,
    spec: ModelSpec,
    fixed: Sequence[str],
    *,
    context: str | None,
    history: bool,
) -> Material:
    """The material without what has no room: the least relevant passages, then the oldest turns.

    A passage that is too long is shortened to its excerpt.

    Args:
        spec: the model, whose window has prompt and answer together.
        fixed: the messages that the prompt holds beside material and question.
        context: what stands around the passages where there are any; None: there is no place for them.
        history: whether there is a place for earlier turns.

    Raises:
        PromptTooLong: instructions and question alone do not fit.
    """
    picture = PICTURE_TOKENS[config.files.detail]
    room = spec.context_tokens - answer_tokens(config, spec.context_tokens) - len(material.pictures) * picture
    passages: Sequence[str] = material.passages if context is not None else ()
    turns: Sequence[PastTurn] = material.history if history else ()
    count = counter(spec.name, [*fixed, context or "", material.query, *passages, *_said(turns)], room)
    room -= sum(cost(text, count) for text in (*fixed, material.query))
    if room < 0:
        raise PromptTooLong
    if passages:
        passages, left = _fitting_passages(material, room - cost(context or "", count), count)
        room = left if passages else room
    turns = _fitting_turns(turns, room, picture, count) if turns else ()
    if list(passages) == list(material.passages) and turns is material.history:
        return material
    return replace(material, passages=passages, history=turns)


def takes_a_moment(material: Material, config: BasicConfig, spec: ModelSpec) -> bool:
    """Whether `fit` is likely to count exactly, which is better done in a thread."""
    values = map(str, material.inputs.values())
    texts = [config.instructions, material.query, *values, *material.passages, *_said(material.history)]
    is_near = most_tokens(texts) + answer_tokens(config, spec.context_tokens) > spec.context_tokens // 2
    return is_near and tokeniser_of(spec.name) is not None


def _said(turns: Sequence[PastTurn]) -> list[str]:
    return [text for turn in turns for text in (turn.query, turn.answer)]


def _fitting_passages(material: Material, room: int, count: Callable[[str], int]) -> tuple[list[str], int]:
    """The passages that fit, each whole or as its excerpt, up to the first that does neither."""
    kept: list[str] = []
    for passage, excerpt in zip_longest(material.passages, material.excerpts, fillvalue=""):
        texts = [(text, count(text) + 1) for text in (passage, excerpt) if text]
        fitting = next(((text, tokens) for text, tokens in texts if tokens <= room), None)
        if fitting is None:
            break
        kept.append(fitting[0])
        room -= fitting[1]
    return kept, room


def _fitting_turns(
    history: Sequence[PastTurn], room: int, picture: int, count: Callable[[str], int]
) -> Sequence[PastTurn]:
    """The newest turns that fit; a turn whose pictures have no room goes without them, and all before it too."""
    kept: list[PastTurn] = []
    with_pictures = True
    for turn in reversed(history):
        tokens = cost(turn.query, count) + cost(turn.answer, count)
        if turn.pictures:
            with_pictures = with_pictures and tokens + len(turn.pictures) * picture <= room
            if with_pictures:
                tokens += len(turn.pictures) * picture
            else:
                turn = replace(turn, pictures=())
        if tokens > room:
            break
        kept.append(turn)
        room -= tokens
    return kept[::-1]
