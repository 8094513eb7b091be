"""Reads of knowledge bases, documents and segments."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Count, Prefetch, Q, QuerySet, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from apps.common import db
from apps.common.errors import InvalidParam, NotFound
from apps.common.ids import parse_uuid
from apps.common.tenancy import get_or_404
from apps.files.models import UploadFile
from apps.prompts.choices import TokenKind
from apps.prompts.models import ApiToken
from apps.workspaces.models import User, Workspace
from apps.workspaces.selectors import list_tagged

from .access import visible_to
from .choices import BUILT_IN, UNFINISHED, IndexingStatus
from .models import (
    Crawl,
    CrawledPage,
    Dataset,
    DatasetMember,
    Document,
    ExternalKnowledgeApi,
    MetadataField,
    ProcessRule,
    Segment,
    SourceConnection,
)

DATASET_NOT_FOUND = "Dataset not found."
DOCUMENT_NOT_FOUND = "Document Not Exists."
SEGMENT_NOT_FOUND = "Segment not found."
CHILD_CHUNK_NOT_FOUND = "Child chunk not found."
EXTERNAL_API_NOT_FOUND = "External knowledge API not found."
FIELD_NOT_FOUND = "Metadata not found."
_INDEXED: Final = Q(indexing_status=IndexingStatus.COMPLETED)
_FINDABLE: Final = _INDEXED & Q(enabled=True, archived=False)
# `Document.display_status` as a condition.
_DISPLAYED: Final = {
    "queuing": Q(indexing_status=IndexingStatus.WAITING),
    "indexing": Q(indexing_status__in=[status for status in UNFINISHED if status != IndexingStatus.WAITING]),
    "paused": Q(indexing_status=IndexingStatus.PAUSED),
    "error": Q(indexing_status=IndexingStatus.ERROR),
    "available": _FINDABLE,
    "disabled": _INDEXED & Q(enabled=False, archived=False),
    "archived": _INDEXED & Q(archived=True),
}
# What a base is shown with, oldest first.
_SHOWN: Final = (
    Prefetch("metadata_fields", MetadataField.objects.order_by("created_at", "pk")),
    Prefetch("members", DatasetMember.objects.order_by("pk")),
)


@dataclass(frozen=True, slots=True)
class BaseFigures:
    """What a base holds: documents, those of them that can be found, and characters."""

    documents: int = 0
    available: int = 0
    characters: int = 0


def list_datasets(
    *,
    workspace: Workspace | UUID,
    keyword: str = "",
    tag_ids: Collection[UUID] | None = None,
    provider: str = "",
    for_user: User | None = None,
) -> "QuerySet[Dataset]":
    """The workspace's bases whose name holds `keyword` and that bear one of the tags, newest first.

    Args:
        provider: `vendor` or `external`; "": both.
        for_user: only those this person sees; None: all, for keys of the knowledge API and operators.
    """
    datasets = Dataset.objects.filter(workspace=workspace).select_related("index_change").order_by("-created_at")
    if for_user is not None:
        datasets = datasets.filter(visible_to(for_user, workspace=workspace))
    if provider:
        datasets = datasets.filter(provider=provider)
    if keyword:
        datasets = datasets.filter(name__icontains=keyword)
    if tag_ids is not None:
        datasets = datasets.filter(pk__in=list_tagged(workspace=workspace, tag_ids=tag_ids))
    return datasets.select_related("created_by", "external_api").prefetch_related(*_SHOWN)


def get_dataset(*, workspace: Workspace | UUID, dataset_id: UUID | str, for_user: User | None = None) -> Dataset:
    """One base. Raises NotFound: also where `for_user` does not see it."""
    return get_or_404(list_datasets(workspace=workspace, for_user=for_user), dataset_id, DATASET_NOT_FOUND)


def list_bases(
    *, workspace: Workspace | UUID, for_user: User, keyword: str = "", tag_id: UUID | None = None
) -> "QuerySet[Dataset]":
    """The bases the person sees, newest first."""
    bases = Dataset.objects.filter(visible_to(for_user, workspace=workspace), workspace=workspace)
    if keyword:
        bases = bases.filter(Q(name__icontains=keyword) | Q(description__icontains=keyword))
    if tag_id is not None:
        bases = bases.filter(pk__in=list_tagged(workspace=workspace, tag_ids=[tag_id]))
    return bases.select_related("created_by", "external_api").order_by("-created_at", "pk")


def count_bases(*, dataset_ids: Collection[UUID]) -> dict[UUID, BaseFigures]:
    """The figures of each of these bases.

    They go through all of a base's documents, so ask for them where they are shown, of thousands of bases for a page's.
    """
    counted = (
        Document.objects.filter(dataset__in=dataset_ids)
        .order_by("dataset")
        .values("dataset")
        .annotate(n=Count("pk"), findable=Count("pk", filter=_FINDABLE), characters=Coalesce(Sum("word_count"), 0))
    )
    figures = {row["dataset"]: BaseFigures(row["n"], row["findable"], row["characters"]) for row in counted}
    return {id: figures.get(id, BaseFigures()) for id in dataset_ids}


def name_apps(*, dataset: Dataset) -> list[str]:
    """The names of the apps whose draft or published version names the base."""
    with connection.cursor() as cursor:
        cursor.execute(_APP_NAMES, [dataset.workspace_id, str(dataset.pk)])
        return [name for (name,) in cursor.fetchall()]


def list_knowledge_keys(*, workspace: Workspace | UUID) -> "QuerySet[ApiToken]":
    """The keys to the workspace's knowledge, oldest first; of each, no more than its hint can be read."""
    return ApiToken.objects.filter(workspace=workspace, kind=TokenKind.DATASET).order_by("created_at")


def find_dataset(dataset_id: str, *, for_user: User | None = None) -> Dataset:
    """Any workspace's base, for operators' commands; `for_user`: as this person sees it. Raises NotFound."""
    dataset = get_or_404(Dataset.objects.select_related("workspace"), dataset_id, DATASET_NOT_FOUND)
    if for_user is not None:
        get_dataset(workspace=dataset.workspace_id, dataset_id=dataset.pk, for_user=for_user)
    return dataset


def list_external_apis(*, workspace: Workspace | UUID, keyword: str = "") -> "QuerySet[ExternalKnowledgeApi]":
    """The services of external knowledge the workspace knows whose name holds `keyword`, newest first."""
    apis = ExternalKnowledgeApi.objects.filter(workspace=workspace).order_by("-created_at", "pk")
    apis = apis.filter(name__icontains=keyword) if keyword else apis
    return apis.select_related("workspace").prefetch_related(Prefetch("datasets", Dataset.objects.order_by("name")))


def get_external_api(*, workspace: Workspace | UUID, api_id: UUID | str) -> ExternalKnowledgeApi:
    """One of them. Raises NotFound."""
    return get_or_404(list_external_apis(workspace=workspace), api_id, EXTERNAL_API_NOT_FOUND)


def list_documents(*, dataset: Dataset, keyword: str = "", status: str = "") -> "QuerySet[Document]":
    """The base's documents, newest first, whose name holds `keyword`.

    Args:
        status: those with this `display_status`; "" or another word: all.
    """
    documents = dataset.documents.select_related("created_by").order_by("-created_at", "-position")
    if status in _DISPLAYED:
        documents = documents.filter(_DISPLAYED[status])
    return documents.filter(name__icontains=keyword) if keyword else documents


def with_metadata(documents: "QuerySet[Document]", *, field: MetadataField, value: str) -> "QuerySet[Document]":
    """Those of the documents whose value of a field holds a text, or has any value where the text is empty."""
    found = documents.annotate(value=KeyTextTransform(field.name, "doc_metadata")).filter(value__isnull=False)
    return found.filter(value__icontains=value) if value else found


def get_document(*, dataset: Dataset, document_id: UUID | str) -> Document:
    """One document of the base. Raises NotFound."""
    return get_or_404(dataset.documents.select_related("created_by"), document_id, DOCUMENT_NOT_FOUND)


def list_documents_by_id(*, dataset: Dataset, document_ids: Collection[UUID | str]) -> list[Document]:
    """Some documents of the base with their files, in the order of their ids. Raises NotFound: one is not there."""
    wanted = [id if isinstance(id, UUID) else parse_uuid(id) for id in document_ids]
    found = dataset.documents.select_related("upload_file").in_bulk([id for id in wanted if id is not None])
    if not all(id in found for id in wanted):
        raise NotFound(DOCUMENT_NOT_FOUND)
    return [found[id] for id in dict.fromkeys(wanted) if id is not None]


def get_field(*, dataset: Dataset, field_id: UUID | str) -> MetadataField:
    """One metadata field of the base. Raises NotFound."""
    return get_or_404(MetadataField.objects.filter(dataset=dataset), field_id, FIELD_NOT_FOUND)


def list_fields(*, dataset: Dataset) -> list[tuple[MetadataField, int]]:
    """The base's metadata fields, oldest first, each with the number of documents that have a value of it."""
    with connection.cursor() as cursor:
        cursor.execute(_VALUES, [dataset.pk])
        counts = dict(cursor.fetchall())
    fields = MetadataField.objects.filter(dataset=dataset).order_by("created_at", "pk")
    return [(field, counts.get(field.name, 0)) for field in fields]


def find_document(document_id: str) -> Document:
    """Any workspace's document, for operators' commands. Raises NotFound."""
    return get_or_404(Document.objects.select_related("dataset__workspace"), document_id, DOCUMENT_NOT_FOUND)


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


def list_child_chunks(*, segment: Segment, keyword: str = "") -> "QuerySet[Segment]":
    """The passage's chunks by position."""
    chunks = Segment.objects.filter(parent=segment).order_by("position")
    return chunks.filter(content__icontains=keyword) if keyword else chunks


def get_child_chunk(*, segment: Segment, chunk_id: UUID | str) -> Segment:
    """One chunk of the passage. Raises NotFound."""
    return get_or_404(Segment.objects.filter(parent=segment), chunk_id, CHILD_CHUNK_NOT_FOUND)


def children_by_parent(*, segments: Sequence[Segment]) -> dict[UUID, list[Segment]]:
    """The chunks of some passages by their passage's id, each passage's by position."""
    found: dict[UUID, list[Segment]] = {segment.pk: [] for segment in segments}
    for chunk in Segment.objects.filter(parent__in=found).order_by("position"):
        if chunk.parent_id is not None:
            found[chunk.parent_id].append(chunk)
    return found


def get_latest_rule(*, dataset: Dataset) -> ProcessRule | None:
    """The rule that documents without one take."""
    return ProcessRule.objects.filter(dataset=dataset).order_by("-created_at").first()


_VALUES: Final = """
select key, count(*) from knowledge_document d cross join lateral jsonb_object_keys(d.doc_metadata) key
where d.dataset_id = %s and jsonb_typeof(d.doc_metadata) = 'object' group by key"""


def list_connections(*, workspace: Workspace | UUID) -> "QuerySet[SourceConnection]":
    """The workspace's ways into sources, by source and name."""
    return SourceConnection.objects.filter(workspace=workspace).order_by("source", "name")


def get_connection(*, workspace: Workspace | UUID, connection_id: UUID | str) -> SourceConnection:
    """One of them. Raises NotFound."""
    return get_or_404(list_connections(workspace=workspace), connection_id, "Connection not found.")


def find_connection(*, workspace: Workspace | UUID, source: str, connection_id: UUID | str | None) -> SourceConnection:
    """The connection meant, or without an id the only one to this source. Raises NotFound, InvalidParam: several."""
    if connection_id is not None:
        return get_connection(workspace=workspace, connection_id=connection_id)
    found = list(list_connections(workspace=workspace).filter(source=source)[:2])
    if not found:
        raise NotFound(f"There is no connection to {source}. Make one first.")
    if len(found) > 1:
        raise InvalidParam(f"There are several connections to {source}; say which.", params="connection")
    return found[0]


def get_crawl(*, workspace: Workspace | UUID, crawl_id: UUID | str) -> Crawl:
    """A crawl of the workspace. Raises NotFound."""
    return get_or_404(Crawl.objects.filter(workspace=workspace), crawl_id, "Crawl not found.")


def list_pages(*, crawl: Crawl) -> "QuerySet[CrawledPage]":
    """The pages of a crawl, in the order they were found: read, given up with a reason, or still to be read."""
    return CrawledPage.objects.filter(crawl=crawl).order_by("position")


_APPS: Final = """
select t.id #>> '{}', count(distinct a.id)
from prompts_app a
join prompts_appversion v on v.id in (a.draft_id, a.published_id)
cross join lateral (
    select jsonb_path_query(v.config, '$.**.dataset.id') as id
    union all select jsonb_path_query(v.config, '$.**.dataset_ids[*]')
) t
where a.workspace_id = %s group by 1"""

_APP_NAMES: Final = """
select distinct a.name
from prompts_app a
join prompts_appversion v on v.id in (a.draft_id, a.published_id)
cross join lateral (
    select jsonb_path_query(v.config, '$.**.dataset.id') as id
    union all select jsonb_path_query(v.config, '$.**.dataset_ids[*]')
) t
where a.workspace_id = %s and t.id #>> '{}' = %s order by 1 limit 20"""


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
