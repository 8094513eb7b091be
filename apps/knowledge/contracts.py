"""What extractors, splitters and retrieval methods are to the rest of the app. Free of Django."""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from apps.common.registry import Registry

# Terms are numbered by crc32(term) % SLOTS + 1, so no vocabulary has to be kept.
SLOTS = 2**24


@dataclass(frozen=True, slots=True)
class Record:
    """A passage the source itself set apart (a JSON line, a table's row); it is not split.

    Args:
        pair: question and answer, where columns of the source are named so; documents of questions and answers
            take it in place of the content.
        metadata: what the source says of this passage alone; texts and numbers by name.
    """

    content: str
    answer: str | None = None
    keywords: Sequence[str] | None = None
    pair: Sequence[str] | None = None
    metadata: Mapping[str, str | int | float] | None = None


@dataclass(frozen=True, slots=True)
class Extracted:
    """What a file says: running text to be cleaned and split, or records that are segments already.

    Args:
        page_starts: where each page begins in `text`, in characters; empty in sources without pages.
        metadata: what the file says of itself, by name.
    """

    text: str = ""
    records: Sequence[Record] | None = None
    page_starts: Sequence[int] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)


class Extractor(ABC):
    """Reads one family of file formats.

    Attributes:
        extensions: in lower case, without the dot.
        priority: the highest wins where several read an extension.
        isolated: reads in a process of its own under limits (`isolation`); False only where time and memory are
            bounded by the file's size and nothing but the standard library's text functions touches the bytes.
        etl_type: the ETL_TYPE it is for; "" for all.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    extensions: ClassVar[frozenset[str]]
    priority: ClassVar[int] = 0
    isolated: ClassVar[bool] = True
    etl_type: ClassVar[str] = ""

    @abstractmethod
    def extract(self, data: bytes) -> Extracted:
        """The file's text. Raises UnreadableFile with a sentence that says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class SplitRule:
    """How long a segment may be and where to cut.

    Args:
        separator: where the author's parts end.
        max_tokens: no segment is longer, by `common.tokens.estimate_tokens`.
        overlap: tokens of the end of a segment repeated at the start of the next, at most, and no more than half of
            `max_tokens`.
        merge: joins short parts up to `max_tokens`; without it each part is a segment of its own.
    """

    separator: str
    max_tokens: int
    overlap: int = 0
    merge: bool = True


@dataclass(frozen=True, slots=True)
class Processing:
    """What happens to a document's text before it is indexed.

    Args:
        cleaning: ids of the cleaning rules that are on (`text.clean.clean`).
        children: how passages are cut into the chunks they are found by; None: they are found by themselves.
        is_pairs: segments are to be questions with answers.
    """

    cleaning: frozenset[str]
    split: SplitRule
    children: SplitRule | None = None
    is_pairs: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A segment before it has a row. `position` counts from 1, `word_count` characters; `digest` is SHA-256 in hex.

    Args:
        page: where it begins, in sources that have pages.
        children: the chunks it is found by; without any it is found by itself.
    """

    position: int
    content: str
    answer: str | None
    keywords: Sequence[str] | None
    word_count: int
    tokens: int
    digest: str
    page: int | None = None
    metadata: Mapping[str, str | int | float] | None = None
    children: "Sequence[Draft]" = ()

    @property
    def indexed(self) -> "Sequence[Draft]":
        """What it is found by: its children, or itself."""
        return self.children or (self,)


class Splitter(ABC):
    """Cuts text into segments, in linear time."""

    key: ClassVar[str]
    label: ClassVar[str]

    @abstractmethod
    def split(self, text: str, rule: SplitRule) -> list[str]:
        """The segments in order, stripped, none empty, none longer than `rule.max_tokens`."""


@dataclass(frozen=True, slots=True)
class RerankChoice:
    """A rerank model of the workspace."""

    provider: str
    model: str


@dataclass(frozen=True, slots=True)
class Condition:
    """What a field of a document must be like.

    Args:
        name: of a metadata field, or of a built-in one.
        operator: as the service API spells it (`comparison_operator`).
        value: a text, a number, a list of them, or None for operators that need none.
    """

    name: str
    operator: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class MetadataFilter:
    """Conditions on the documents a search may look at.

    Args:
        meets_any: one condition is enough; else all must be met.
        is_strict: a field that no base has is an error; else it is empty in all documents.
    """

    conditions: Sequence[Condition]
    meets_any: bool = False
    is_strict: bool = True


@dataclass(frozen=True, slots=True)
class RetrievalSettings:
    """How a base is searched (the service API's `retrieval_model`).

    Args:
        search_method: key of a registered retrieval method.
        top_k: the most passages returned.
        score_threshold: 0 to 1; passages below are dropped; None: all are kept.
        vector_weight, keyword_weight: shares of the hybrid score.
        rerank: orders the candidates anew; top_k and threshold then act on its scores.
        filters: of one search; a base keeps none.
    """

    search_method: str = "semantic_search"
    top_k: int = 2
    score_threshold: float | None = None
    vector_weight: float = 0.7
    keyword_weight: float = 0.3
    rerank: RerankChoice | None = None
    filters: MetadataFilter | None = None


@dataclass(frozen=True, slots=True)
class ChildHit:
    """A child chunk by which its passage was found; `position` counts from 1 within the passage."""

    segment_id: UUID
    content: str
    position: int
    score: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found.

    Args:
        score: 0 to 1, higher is better. Vectors: cosine. Words: BM25 as a share of the highest score the
            query could reach. Hybrid: the weighted sum. Reranked: the rerank model's own.
        word_count: characters.
        vector_score: cosine, where the method has computed it.
        lexical_score: share of the highest score the query could reach, where the method has computed it.
        page: where it begins, in sources that have pages.
        children: by which it was found, best first; the scores are those of the best. Empty: by itself.
    """

    segment_id: UUID
    document_id: UUID
    dataset_id: UUID
    dataset_name: str
    document_name: str
    data_source_type: str
    content: str
    answer: str | None
    score: float
    position: int
    word_count: int
    hit_count: int
    index_node_hash: str
    tokens: int
    doc_metadata: Any = None
    vector_score: float | None = None
    lexical_score: float | None = None
    page: int | None = None
    children: Sequence[ChildHit] = ()

    @property
    def text(self) -> str:
        """What a model reads and a citation shows: of a question the answer too."""
        return f"question:{self.content} \nanswer:{self.answer}" if self.answer else self.content

    @property
    def matched(self) -> str:
        """The words by which it was found."""
        return self.children[0].content if self.children else self.content

    @property
    def excerpt(self) -> str:
        """The chunks found, in the passage's order: what is left of it where it is too long to be read."""
        return "\n\n".join(child.content for child in sorted(self.children, key=lambda child: child.position))

    @property
    def indexed_id(self) -> UUID:
        """The segment whose vector and words it was found by."""
        return self.children[0].segment_id if self.children else self.segment_id


@dataclass(frozen=True, slots=True)
class Query:
    """A question in the forms the methods need.

    Args:
        terms: slot to number of occurrences.
        vector: L2-normalised, of the base's model; None where no method asked for it.
    """

    text: str
    terms: Mapping[int, int]
    vector: Sequence[float] | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Where to search: one base, with what its searches need to know.

    Args:
        model: `provider/model` of its vectors; "" in an economical base.
        chunks: about how many segments it has.
        has_vector_index, has_word_index: whether the base has such an index of its own, ready to be used.
        has_children: whether its passages are found by child chunks.
        document_ids: search among these alone; None: among all.
        document_chunks: about how many segments those have.
    """

    dataset_id: UUID
    dataset_name: str
    model: str = ""
    chunks: int = 0
    has_vector_index: bool = False
    has_word_index: bool = False
    has_children: bool = False
    document_ids: Sequence[UUID] | None = None
    document_chunks: int = 0
    settings: RetrievalSettings = field(default_factory=RetrievalSettings)


class RetrievalMethod(ABC):
    """Finds passages of one base. Scores run from 0 to 1, higher is better.

    Attributes:
        needs_vector, needs_words: which of a query's forms it looks at.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    needs_vector: ClassVar[bool] = False
    needs_words: ClassVar[bool] = True

    @abstractmethod
    async def search(self, scope: Scope, query: Query, *, k: int) -> list[Hit]:
        """The best `k` enabled passages, best first; those with children by the best of them."""

    @abstractmethod
    def scale(self, scope: Scope) -> Hashable:
        """What the scores measure: those of two bases can be compared where their scales are equal."""

    def combine(self, hits: Sequence[Hit], settings: RetrievalSettings) -> Sequence[Hit]:
        """Passages of several bases of one scale, with scores that no longer depend on the base; in any order."""
        return hits


extractors: Registry[Extractor] = Registry("extractor", "extractors", Extractor)  # type: ignore[type-abstract]  # only subclasses are made
splitters: Registry[Splitter] = Registry("splitter", "splitters", Splitter)  # type: ignore[type-abstract]  # only subclasses are made
retrieval_methods: Registry[RetrievalMethod] = Registry("retrieval method", "retrieval", RetrievalMethod)  # type: ignore[type-abstract]  # only subclasses are made
