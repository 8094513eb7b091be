"""Hit testing: a search as `retrieve` does it, with all candidates, their scores and what became of each."""

import asyncio
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from apps.knowledge.contracts import Hit, Query
from apps.knowledge.retrieval._explain import Scored, score_candidates
from apps.knowledge.retrieval._sql import CANDIDATES

from .ordering import Ranking, rank
from .searches import Demand, Inquiry, Search, prepare

# Why a candidate was not returned, in words.
CUTS: Final[Mapping[str, str]] = {
    "below_threshold": "Its score is below the threshold.",
    "beyond_top_k": "Others are better; no more than top_k are returned.",
    "filtered_by_metadata": "Its document does not meet the conditions on metadata.",
    "beyond_rerank_candidates": "It was not among the candidates that the rerank model is given.",
    "disabled": "The segment is disabled.",
    "document_disabled": "Its document is disabled.",
    "document_archived": "Its document is archived.",
}

_NUMBERS: Final = (
    "rank",
    "vector_score",
    "vector_rank",
    "lexical_score",
    "lexical_rank",
    "fused_score",
    "fused_rank",
    "rerank_score",
    "rerank_rank",
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage and what became of it.

    Args:
        vector_score, lexical_score: cosine and share of the highest BM25; None where the search made no vector.
        vector_rank, lexical_rank: in its base, from 1; None beyond the best 50 or without the half's match.
        fused_score, fused_rank: of the method, before a rerank model.
        rank: in the answer, from 1; None where it was cut.
        cut: a key of `CUTS`, None for what was returned.
    """

    hit: Hit
    vector_score: float | None
    vector_rank: int | None
    lexical_score: float | None
    lexical_rank: int | None
    fused_score: float | None = None
    fused_rank: int | None = None
    rerank_score: float | None = None
    rerank_rank: int | None = None
    rank: int | None = None
    cut: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """What `retrieve` returns, and how it came to it.

    Args:
        candidates: those returned first, in their order.
        notes: sentences on what did not go as it was set up.
    """

    hits: Sequence[Hit] = ()
    candidates: Sequence[Candidate] = ()
    notes: Sequence[str] = ()


async def explain(*, workspace_id: UUID, dataset_ids: Sequence[UUID], query: str, demand: Demand) -> Explanation:
    """As `retrieve`, telling of every candidate. Costs two more statements for each base.

    Raises:
        As `retrieve`.
    """
    inquiry = await prepare(workspace_id, dataset_ids, query, demand)
    if inquiry is None:
        return Explanation()
    tested = list(zip(inquiry.searches, inquiry.queries, strict=True))
    found = await asyncio.gather(*(search.run(query) for search, query in tested))
    ranking = await rank(inquiry, found, score_all=True)
    wide = await asyncio.gather(
        *(_widened(search, query, hits) for (search, query), hits in zip(tested, found, strict=True))
    )
    scored = await asyncio.gather(
        *(_scores(search, query, hits) for (search, query), hits in zip(tested, wide, strict=True))
    )
    told: dict[UUID, Candidate] = {}
    for search, hits, scores in zip(inquiry.searches, wide, scored, strict=True):
        told |= _told(inquiry, search, hits, scores, ranking)
    notes = [*inquiry.notes, *ranking.notes]
    return Explanation(ranking.hits, sorted(told.values(), key=_place), notes)


async def _widened(search: Search, query: Query, found: list[Hit]) -> list[Hit]:
    """What a search has found and what it would find next."""
    if search.k >= CANDIDATES or len(found) < search.k:
        return found
    known = {hit.segment_id for hit in found}
    more = await search.method.search(search.scope, query, k=CANDIDATES)
    return found + [hit for hit in more if hit.segment_id not in known]


async def _scores(search: Search, query: Query, hits: Sequence[Hit]) -> dict[UUID, Scored]:
    """By passage: of those found the scores of what they were found by, of hidden ones those of their best chunk."""
    method, ids = search.method, {hit.indexed_id: hit for hit in hits}
    scored = await score_candidates(
        search.scope, query, list(ids), words=method.needs_words, vectors=method.needs_vector
    )
    best: dict[UUID, Scored] = {}
    for id, one in sorted(scored.items(), key=lambda item: (item[0] not in ids, -item[1].hit.score)):
        best.setdefault(one.hit.segment_id, replace(one, hit=_with_children(one.hit, ids.get(id))))
    return best


def _with_children(hit: Hit, found: Hit | None) -> Hit:
    return hit if found is None else replace(hit, children=found.children)


def _told(
    inquiry: Inquiry, search: Search, hits: Sequence[Hit], scores: Mapping[UUID, Scored], ranking: Ranking
) -> dict[UUID, Candidate]:
    """One base's candidates."""
    fused = _fused(inquiry, search, hits, ranking)
    together = inquiry.rerank is not None
    reranked = [id for id in ranking.reranked if together or id in fused]
    places = {id: place for place, id in enumerate(sorted(reranked, key=lambda id: -ranking.reranked[id]), 1)}
    kept = {hit.segment_id: (place, hit) for place, hit in enumerate(ranking.hits, 1)}
    given = {hit.segment_id for hit in hits[: search.k]}
    told = {}
    for id, one in scores.items():
        fused_rank, fused_score = fused.get(id, (None, None))
        rerank_score = ranking.reranked.get(id)
        place, hit = kept.get(id, (None, None))
        cut = one.hidden
        if place is None and cut is None:
            cut = _why(id, ranking, given, reranks=search.settings.rerank is not None)
        told[id] = Candidate(
            hit=hit or _with_score(one.hit, fused_score if rerank_score is None else rerank_score),
            vector_score=one.hit.vector_score,
            vector_rank=one.vector_rank,
            lexical_score=one.hit.lexical_score,
            lexical_rank=one.lexical_rank,
            fused_score=fused_score,
            fused_rank=fused_rank,
            rerank_score=rerank_score,
            rerank_rank=places.get(id),
            rank=place,
            cut=cut,
        )
    return told


def _fused(
    inquiry: Inquiry, search: Search, hits: Sequence[Hit], ranking: Ranking
) -> dict[UUID, tuple[int | None, float]]:
    """Rank and score before a rerank model: among all bases, in one that is alone or reranked alone within it."""
    if len(inquiry.searches) == 1 or search.own_rerank is not None:
        return {hit.segment_id: (place, hit.score) for place, hit in enumerate(hits, 1)}
    places = {hit.segment_id: (place, hit.score) for place, hit in enumerate(ranking.fused, 1)}
    return {hit.segment_id: places.get(hit.segment_id, (None, hit.score)) for hit in hits}


def _why(id: UUID, ranking: Ranking, given: Container[UUID], *, reranks: bool) -> str:
    if id in ranking.below:
        return "below_threshold"
    return "beyond_rerank_candidates" if reranks and id not in given else "beyond_top_k"


def _with_score(hit: Hit, score: float | None) -> Hit:
    return hit if score is None else replace(hit, score=score)


def _place(candidate: Candidate) -> tuple[float, ...]:
    """Returned, then cut, then hidden ones; each as near to being returned as it came."""
    last = float("inf")
    return (
        candidate.rank or last,
        candidate.rerank_rank or last,
        candidate.fused_rank or last,
        -candidate.hit.score,
    )


def explanation_json(explanation: Explanation) -> dict[str, Any]:
    """As API and command show it."""
    return {
        "notes": list(explanation.notes),
        "candidates": [_candidate_json(candidate) for candidate in explanation.candidates],
    }


def children_json(hit: Hit) -> list[dict[str, Any]] | None:
    """The child chunks a passage was found by, best first; null where it has none."""
    return [
        {"id": str(child.segment_id), "content": child.content, "position": child.position, "score": child.score}
        for child in hit.children
    ] or None


def _candidate_json(candidate: Candidate) -> dict[str, Any]:
    hit = candidate.hit
    return {
        "segment_id": str(hit.segment_id),
        "document_id": str(hit.document_id),
        "document_name": hit.document_name,
        "dataset_id": str(hit.dataset_id),
        "position": hit.position,
        "content": hit.content,
        "child_chunks": children_json(hit),
        "score": hit.score,
        **{name: getattr(candidate, name) for name in _NUMBERS},
        "cut": candidate.cut,
        "reason": CUTS[candidate.cut] if candidate.cut else None,
    }
