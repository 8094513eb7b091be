"""Tokens of texts: as a model's own tokeniser counts them, where it is known and the difference may matter."""

import asyncio
import os
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from apps.common.tokens import estimate_tokens

from .contracts import ModelSpec

VOCABULARIES: Final = Path(__file__).with_name("vocabularies")
KNOWN: Final = frozenset({"cl100k_base", "o200k_base", "o200k_harmony"})
MESSAGE_OVERHEAD_TOKENS: Final = 4  # role and separators, as OpenAI's counting guide has it
SURELY: Final = 1.5  # the estimate has been seen to be 1.22 of the true count


def counter(model: str, texts: Iterable[str], room: int) -> Callable[[str], int]:
    """How tokens of the texts are best counted.

    Exactly where the model's tokeniser is known and they may have more than `room`: it takes a moment and, for as long
    as the process lives, 80 MB for each vocabulary. Else by the estimate.
    """
    if most_tokens(texts) <= room:
        return estimate_tokens
    name = tokeniser_of(model)
    return _counter_of(name) if name else estimate_tokens


async def takes(spec: ModelSpec, texts: Sequence[str]) -> bool:
    """Whether the texts fit a model's window; where they are only estimated, no is said when it is as good as sure."""
    return most_tokens(texts) <= spec.context_tokens or await asyncio.to_thread(_takes, spec, texts)


def _takes(spec: ModelSpec, texts: Sequence[str]) -> bool:
    count = counter(spec.name, texts, spec.context_tokens)
    tokens = sum(count(text) + MESSAGE_OVERHEAD_TOKENS for text in texts)
    return tokens <= spec.context_tokens * (SURELY if count is estimate_tokens else 1)


def most_tokens(texts: Iterable[str]) -> int:
    """More tokens than these texts, each as a message, have in any tokeniser: none is shorter than a byte."""
    return sum((len(text) if text.isascii() else 4 * len(text)) + MESSAGE_OVERHEAD_TOKENS for text in texts)


@lru_cache(1_000)
def tokeniser_of(model: str) -> str | None:
    """By the name of the model, without what a reseller puts before it; None: it is not known."""
    from tiktoken.model import encoding_name_for_model

    try:
        name = encoding_name_for_model(model.lower().rpartition("/")[2])
    except KeyError:
        return None
    return name if name in KNOWN else None


@cache
def _counter_of(name: str) -> Callable[[str], int]:
    from tiktoken import get_encoding

    os.environ["TIKTOKEN_CACHE_DIR"] = str(VOCABULARIES)  # else it would fetch them
    encoding = get_encoding(name)
    return lambda text: len(encoding.encode_ordinary(text))
