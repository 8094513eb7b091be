"""Reads of knowledge bases, documents and segments."""

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from apps.common import db
from apps.common.errors import NotFound
from apps.common.tenancy import get_or_404
from apps.files.models import UploadFile
from apps.workspaces.models import Workspace
from apps.workspaces.selectors import list_tagged

from .choices import UNFINISHED, IndexingStatus
from .filters import BUILT_IN
from .models import Dataset, Document, ProcessRule, Segment

DATASET_NOT_FOUND = "Dataset not found."
DOCUMENT_NOT_FOUND = "Document Not Exists."
SEGMENT_NOT_FOUND = "Segment not found."


def list_datasets(
    *, workspace: Workspace | UUID, keyword: str = "", tag_ids: Collection[UUID] | None = None
) -> "QuerySet[Dataset]":
    """The workspace's bases whose name holds `keyword` and that bear one of the tags, newest first.

    Each has `document_count`, `available_document_count` (those that can be found) and `word_count` (characters).
    """
    datasets = Dataset.objects.filter(workspace=workspace).order_by("-created_at")
    if keyword:
        datasets = datasets.filter(name__icontains=keyword)
    if tag_ids is not None:
        datasets = datasets.filter(pk__in=list_tagged(workspace=workspace, tag_ids=tag_ids))
    findable = Q(
        documents__indexing_status=IndexingStatus.COMPLETED, documents__enabled=True, documents__archived=False
    )
    return datasets.annotate(
        document_count=Count("documents"),
        available_document_count=Count("documents", filter=findable),
        word_count=Coalesce(Sum("documents__word_count"), 0),
    )


def get_dataset(*, workspace: Workspace | UUID, dataset_id: UUID | str) -> Dataset:
    """One base, annotated as in `list_datasets`. Raises NotFound."""
    return get_or_404(list_datasets(workspace=workspace), dataset_id, DATASET_NOT_FOUND)


def find_dataset(dataset_id: str) -> Dataset:
    """Any workspace's base, for operators' commands. Raises NotFound."""
    return get_or_404(Dataset.objects.select_related("workspace"), dataset_id, DATASET_NOT_FOUND)


def list_documents(*, dataset: Dataset, keyword: str = "") -> "QuerySet[Document]":
    """The base's documents, newest first, whose name holds `keyword`."""
    documents = Document.objects.filter(dataset=dataset).order_by("-created_at", "-position")
    return documents.filter(name__icontains=keyword) if keyword else documents


def get_document(*, dataset: Dataset, document_id: UUID | str) -> Document:
    """One document of the base. Raises NotFound."""
    return get_or_404(Document.objects.filter(dataset=dataset), document_id, DOCUMENT_NOT_FOUND)


def get_upload(*, document: Document) -> UploadFile:
    """The file a document was read from. Raises NotFound."""
    if document.upload_file is None:
        raise NotFound("UploadFile not found.")
    return document.upload_file


def list_batch(*, dataset: Dataset, batch: str) -> "QuerySet[Document]":
    """The documents that came in together."""
    return Document.objects.filter(dataset=dataset, batch=batch).order_by("position")


def list_segments(*, document: Document, statuses: Sequence[str] = (), keyword: str = "") -> "QuerySet[Segment]":
    """The document's passages by position."""
    segments = Segment.objects.filter(document=document, parent=None).order_by("position")
    if statuses:
        segments = segments.filter(status__in=statuses)
    return segments.filter(content__icontains=keyword) if keyword else segments


def get_segment(*, document: Document, segment_id: UUID | str) -> Segment:
    """One passage of the document. Raises NotFound."""
    return get_or_404(Segment.objects.filter(document=document, parent=None), segment_id, SEGMENT_NOT_FOUND)


def get_latest_rule(*, dataset: Dataset) -> ProcessRule | None:
    """The rule that documents without one take."""
    return ProcessRule.objects.filter(dataset=dataset).order_by("-created_at").first()


_APPS: Final = """
select t.id #>> '{}', count(distinct a.id)
from prompts_app a
join prompts_appversion v on v.id in (a.draft_id, a.published_id)
cross join lateral (
    select jsonb_path_query(v.config, '$.**.dataset.id') as id
    union all select jsonb_path_query(v.config, '$.**.dataset_ids[*]')
) t
where a.workspace_id = %s group by 1"""


def count_apps(*, workspace_id: UUID) -> dict[str, int]:
    """How many apps name each base in their draft or published version, by the base's id."""
    with connection.cursor() as cursor:
        cursor.execute(_APPS, [workspace_id])
        return dict(cursor.fetchall())


_SEGMENT_FIELDS: Final = [field.attname for field in Segment._meta.concrete_fields]
_DOCUMENT_FIELDS: Final = ["id", "name", "data_source_type", "doc_type", "doc_metadata"]
_SEGMENTS: Final = (
    "select {} from knowledge_segment s"  # noqa: S608 - column names of our own
    " join knowledge_document d on d.id = s.document_id where s.id = any(%s)".format(
        ", ".join([f"s.{name}" for name in _SEGMENT_FIELDS] + [f"d.{name}" for name in _DOCUMENT_FIELDS])
    )
)
_BEING_INITIALIZED: Final = """
select coalesce(bool_or(indexing_status = any(%s)) and not bool_or(indexing_status = 'completed'), false)
from knowledge_document where dataset_id = %s"""


async def fetch_segments(*, segment_ids: Sequence[UUID]) -> dict[UUID, Segment]:
    """Whole segments a search has found, by id, with the fields of their documents that a search shows."""
    if not segment_ids:
        return {}
    found: dict[UUID, Segment] = {}
    for row in await db.fetch_all(_SEGMENTS, list(segment_ids)):
        count = len(_SEGMENT_FIELDS)
        segment = Segment.from_db("default", _SEGMENT_FIELDS, row[:count])
        segment.document = Document.from_db("default", _DOCUMENT_FIELDS, row[count:])
        found[segment.pk] = segment
    return found


_METADATA_FIELDS: Final = """
select d.id, d.built_in_field_enabled, f.name, f.type
from knowledge_dataset d left join knowledge_metadatafield f on f.dataset_id = d.id where d.id = any(%s)"""


async def fetch_metadata_fields(*, dataset_ids: Sequence[UUID]) -> dict[UUID, dict[str, str]]:
    """Name to type of the fields documents of each base can be filtered by, built-in ones where they are enabled."""
    fields: dict[UUID, dict[str, str]] = {}
    for dataset_id, has_built_in, name, kind in await db.fetch_all(_METADATA_FIELDS, list(dataset_ids)):
        known = fields.setdefault(dataset_id, dict(BUILT_IN) if has_built_in else {})
        if name is not None and name not in known:
            known[name] = kind
    return fields


async def is_being_initialized(*, dataset_id: UUID) -> bool:
    """Whether the base has documents, and all are still on their way."""
    row = await db.fetch_one(_BEING_INITIALIZED, [str(status) for status in UNFINISHED], dataset_id)
    return bool(row and row[0])
