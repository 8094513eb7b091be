"""BM25 over one base, for both methods that use nothing else."""

from collections.abc import Hashable
from typing import Final

from apps.knowledge.contracts import Hit, Query, Scope

from ._sql import QUERY_TERMS, by_words, passages

SCALE: Final[Hashable] = "words"
_SCORES: Final = """
s as (
    select segment_id, score, null::float8 as vector_score, score as lexical_score
    from (select segment_id, -distance / (select highest from q) as score from l where distance < 0) found
)"""


async def search_words(scope: Scope, query: Query, *, k: int) -> list[Hit]:
    """The best `k` passages; the score is BM25 as a share of the highest score the query could reach."""
    if not query.terms:
        return []
    return await passages(lambda limit: [QUERY_TERMS, by_words(scope, limit), _SCORES], scope, query, k=k)
