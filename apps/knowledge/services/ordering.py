"""Puts the passages of all bases in one order: by comparable scores, by ranks, by a rerank model."""

import asyncio
import logging
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Final
from uuid import UUID

from apps.knowledge.contracts import Hit, RerankChoice
from apps.models.attempts import Patience
from apps.models.errors import ProviderBadAnswer, ProviderError
from apps.models.services.resolve import resolve_model

from .searches import Inquiry, Search

log = logging.getLogger(__name__)
# A question is waiting and there is an order to fall back on, so a rerank model is asked again but once.
RERANK_PATIENCE: Final = Patience(attempts=2, longest_wait_s=5.0)


@dataclass(slots=True)
class Ranking:
    """What came of the passages found.

    Args:
        hits: kept, best first.
        fused: all, in the order before any rerank model that orders all bases.
        ordered: those in the final order, before threshold and top_k cut them.
        reranked: segments that a rerank model gave their score.
        below: segments under the threshold that applies to them.
        notes: sentences on what did not go as it was set up.
    """

    hits: list[Hit] = field(default_factory=list)
    fused: list[Hit] = field(default_factory=list)
    ordered: list[Hit] = field(default_factory=list)
    reranked: dict[UUID, float] = field(default_factory=dict)
    below: set[UUID] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


async def rank(inquiry: Inquiry, found: Sequence[Sequence[Hit]], *, score_all: bool = False) -> Ranking:
    """Orders and cuts the passages that each search has found.

    A rerank model that fails leaves the order as it was, says so in the notes, and its threshold, which speaks of its
    scores, is not applied.

    Args:
        score_all: asks rerank models for the score of every candidate, not of the best `top_k` alone.

    Raises:
        ProviderNotInitialized, ModelNotFound: the rerank model is not there to be called.
    """
    ranking = Ranking()
    parts = await asyncio.gather(
        *(
            _part(inquiry, search, hits, ranking, score_all=score_all)
            for search, hits in zip(inquiry.searches, found, strict=True)
        )
    )
    ranking.fused = ranking.ordered = fuse(parts)
    thresholds = {part.search.scope.dataset_id: part.threshold for part in parts}
    if inquiry.rerank is not None and ranking.fused:
        top_n = len(ranking.fused) if score_all else inquiry.top_k
        ordered = await _reranked(inquiry, inquiry.rerank, ranking.fused, top_n, ranking)
        if ordered is None:
            thresholds = {}
        else:
            ranking.ordered = ordered
    for hit in ranking.ordered:
        threshold = thresholds.get(hit.dataset_id)
        if threshold is not None and hit.score < threshold:
            ranking.below.add(hit.segment_id)
    kept = [hit for hit in ranking.ordered if hit.segment_id not in ranking.below] if ranking.below else ranking.ordered
    ranking.hits = kept[: inquiry.top_k]
    return ranking


@dataclass(frozen=True, slots=True)
class Part:
    """One base's passages, best first, and what their scores measure."""

    search: Search
    hits: Sequence[Hit]
    scale: Hashable
    threshold: float | None


async def _part(inquiry: Inquiry, search: Search, hits: Sequence[Hit], ranking: Ranking, *, score_all: bool) -> Part:
    """A base's passages, in the order of its own rerank model where it has one to itself."""
    choice = search.own_rerank
    if choice is None or not hits:
        return Part(search, hits, search.method.scale(search.scope), search.threshold)
    ordered = await _reranked(inquiry, choice, hits, len(hits) if score_all else search.top_k, ranking)
    if ordered is None:
        return Part(search, hits, search.method.scale(search.scope), None)
    return Part(search, ordered[: search.top_k], choice, search.threshold)


def fuse(parts: Sequence[Part]) -> list[Hit]:
    """One order of all parts.

    Bases whose scores measure the same are compared by score. What cannot be compared takes turns: the best of each
    kind, then the second best of each.
    """
    if len(parts) == 1:
        return list(parts[0].hits)
    kinds: dict[Hashable, list[Part]] = {}
    for part in parts:
        kinds.setdefault(part.scale, []).append(part)
    orders = [_by_score(kind) for kind in kinds.values()]
    return [hit for turn in zip_longest(*orders) for hit in turn if hit is not None]


def _by_score(parts: Sequence[Part]) -> Sequence[Hit]:
    if len(parts) == 1:
        return parts[0].hits
    hits: Sequence[Hit] = [hit for part in parts for hit in part.hits]
    if not isinstance(parts[0].scale, RerankChoice):
        hits = parts[0].search.method.combine(hits, parts[0].search.settings)
    return sorted(hits, key=lambda hit: -hit.score)


async def _reranked(
    inquiry: Inquiry, choice: RerankChoice, hits: Sequence[Hit], top_n: int, ranking: Ranking
) -> list[Hit] | None:
    """The best `top_n` with the model's scores; None where the model failed."""
    handle = await resolve_model(
        workspace_id=inquiry.workspace_id, model_type="rerank", provider=choice.provider, name=choice.model
    )
    try:
        ranks = await handle.rerank(inquiry.text, [hit.matched for hit in hits], top_n, RERANK_PATIENCE)
        if len(ranks) < min(top_n, len(hits)):
            raise ProviderBadAnswer(f"[{handle.provider}] Error: {len(ranks)} of {len(hits)} passages were ranked.")
    except ProviderError as error:
        log.warning("rerank model %s/%s failed: %s", choice.provider, choice.model, error.message)
        ranking.notes.append(
            f"The rerank model {choice.provider}/{choice.model} failed, so the order before it and no threshold of "
            f"its scores was used. {error.message}"
        )
        return None
    ranking.reranked |= {hits[item.index].segment_id: item.score for item in ranks}
    return [replace(hits[item.index], score=item.score) for item in ranks]
