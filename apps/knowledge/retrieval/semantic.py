"""Search by meaning."""

from collections.abc import Hashable
from typing import ClassVar, Final

from apps.knowledge.contracts import Hit, Query, RetrievalMethod, Scope, retrieval_methods

from ._sql import by_vector, passages

_SCORES: Final = """
s as (
    select segment_id, -distance as score, -distance as vector_score, null::float8 as lexical_score from v
)"""


@retrieval_methods.register
class SemanticSearch(RetrievalMethod):
    """Cosine similarity of the question's vector, compared with every segment of the base."""

    key: ClassVar[str] = "semantic_search"
    label: ClassVar[str] = "Vector search"
    needs_vector: ClassVar[bool] = True
    needs_words: ClassVar[bool] = False

    async def search(self, scope: Scope, query: Query, *, k: int) -> list[Hit]:
        """See the base class."""
        return await passages(lambda limit: [by_vector(scope, query, limit), _SCORES], scope, query, k=k)

    def scale(self, scope: Scope) -> Hashable:
        """See the base class."""
        return "cosine", scope.model
