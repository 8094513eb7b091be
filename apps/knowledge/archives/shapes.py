"""What an archive says, line by line. Everything is checked: a file may come from anywhere."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from apps.knowledge.choices import ChunkOrigin, IndexingTechnique, MetadataType, Permission, RuleMode

FORMAT: Final = "parley-knowledge"
VERSION: Final = 1
DOCUMENTS: Final = "documents.jsonl"
MAX_DIMENSIONS: Final = 16_000  # pgvector's halfvec

Position = Annotated[int, Field(ge=1, lt=2**31)]
Count = Annotated[int, Field(ge=0, lt=2**31)]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class Entry(_Shape):
    """One file of the archive."""

    sha256: Digest
    size: Annotated[int, Field(ge=0)]


class FieldLine(_Shape):
    """A metadata field."""

    name: Annotated[str, Field(min_length=1, max_length=255)]
    type: Annotated[MetadataType, Field(strict=False)]


class Rule(_Shape):
    """A process rule; documents name it by its place in the list, from nought."""

    mode: Annotated[RuleMode, Field(strict=False)]
    rules: dict[str, Any]


class Base(_Shape):
    """The base's own settings."""

    name: Annotated[str, Field(min_length=1, max_length=40)]
    description: Annotated[str, Field(max_length=400)] = ""
    permission: Annotated[Permission, Field(strict=False)] = Permission.ONLY_ME
    data_source_type: Annotated[str, Field(max_length=20)] | None = None
    indexing_technique: Annotated[IndexingTechnique, Field(strict=False)] | None = None
    embedding_provider: Annotated[str, Field(max_length=64)] = ""
    embedding_model: Annotated[str, Field(max_length=255)] = ""
    dimensions: Annotated[int, Field(ge=1, le=MAX_DIMENSIONS)] | None = None
    average_length: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    retrieval_model: dict[str, Any] = {}
    doc_form: Annotated[str, Field(max_length=20)] = "text_model"
    enable_api: bool = True
    built_in_field_enabled: bool = False


class Manifest(_Shape):
    """`manifest.json`: all that is not a document or a segment, and the checksums of the rest."""

    format: Literal["parley-knowledge"]
    version: int
    product_version: str = ""
    created_at: str = ""
    base: Base
    metadata_fields: list[FieldLine] = []
    rules: list[Rule] = []
    tags: list[Annotated[str, Field(min_length=1, max_length=50)]] = []
    documents: Count = 0
    segments: Count = 0
    vectors: Count = 0
    files: dict[str, Entry]


class Original(_Shape):
    """The file a document was read from."""

    path: Annotated[str, Field(pattern="^files/[0-9]{1,9}$")]
    name: Annotated[str, Field(min_length=1, max_length=255)]
    mime_type: Annotated[str, Field(max_length=255)] = ""


class DocumentLine(_Shape):
    """A line of `documents.jsonl`; `n` counts from 1 in the order of the lines."""

    n: Position
    position: Position
    name: Annotated[str, Field(min_length=1, max_length=255)]
    rule: Annotated[int, Field(ge=0)]
    file: Original | None = None
    data_source_type: Annotated[str, Field(max_length=20)] = "upload_file"
    data_source_info: dict[str, Any] = {}
    created_from: Annotated[str, Field(max_length=8)] = "web"
    doc_form: Annotated[str, Field(max_length=20)] = "text_model"
    doc_language: Annotated[str, Field(max_length=64)] = "English"
    doc_type: Annotated[str, Field(max_length=40)] | None = None
    doc_metadata: dict[str, Any] | None = None
    enabled: bool = True
    archived: bool = False
    completed_segments: Count = 0
    created_at: Annotated[datetime, Field(strict=False)]


class SegmentLine(_Shape):
    """A line of `segments/NNNNN.jsonl`: documents in the order of theirs, each parent before its children.

    Args:
        n: counts from 1 over all parts.
        parent: `n` of the passage a child chunk belongs to.
        words: whether it is found by words.
        vector: whether the next vector of the part of the same number is its.
    """

    n: Position
    document: Position
    parent: Position | None = None
    origin: Annotated[ChunkOrigin, Field(strict=False)] = ChunkOrigin.AUTOMATIC
    position: Position
    page: Count | None = None
    content: Annotated[str, Field(min_length=1)]
    answer: str | None = None
    keywords: list[str] | None = None
    metadata: dict[str, str | int | float] | None = None
    tokens: Count
    enabled: bool = True
    words: bool = True
    vector: bool = False
