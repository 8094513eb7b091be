"""Reads of knowledge bases, documents and segments."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from apps.common.tenancy import get_or_404
from apps.prompts.models import App
from apps.workspaces.models import Workspace

from .models import Dataset, Document, ProcessRule, Segment

DATASET_NOT_FOUND = "Dataset not found."
DOCUMENT_NOT_FOUND = "Document Not Exists."


def list_datasets(*, workspace: Workspace | UUID, keyword: str = "") -> "QuerySet[Dataset]":
    """The workspace's bases with `document_count` and `word_count`, newest first, whose name holds `keyword`."""
    datasets = Dataset.objects.filter(workspace=workspace).order_by("-created_at")
    if keyword:
        datasets = datasets.filter(name__icontains=keyword)
    return datasets.annotate(document_count=Count("documents"), word_count=Coalesce(Sum("documents__word_count"), 0))


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


def list_batch(*, dataset: Dataset, batch: str) -> "QuerySet[Document]":
    """The documents that came in together."""
    return Document.objects.filter(dataset=dataset, batch=batch).order_by("position")


def list_segments(*, document: Document, statuses: Sequence[str] = (), keyword: str = "") -> "QuerySet[Segment]":
    """The document's segments by position."""
    segments = Segment.objects.filter(document=document).order_by("position")
    if statuses:
        segments = segments.filter(status__in=statuses)
    return segments.filter(content__icontains=keyword) if keyword else segments


def get_latest_rule(*, dataset: Dataset) -> ProcessRule | None:
    """The rule that documents without one take."""
    return ProcessRule.objects.filter(dataset=dataset).order_by("-created_at").first()


def count_apps(*, dataset: Dataset) -> int:
    """How many apps name the base in the context of their draft or published version."""
    named = [{"dataset": {"id": str(dataset.pk)}}]
    in_draft = Q(draft__config__dataset_configs__datasets__datasets__contains=named)
    in_published = Q(published__config__dataset_configs__datasets__datasets__contains=named)
    return App.objects.filter(in_draft | in_published, workspace=dataset.workspace_id).count()
