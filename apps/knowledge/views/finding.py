"""What pages of a base begin with: the base, the document, the segment that the address names, or 404."""

from uuid import UUID

from apps.knowledge.choices import DatasetProvider
from apps.knowledge.errors import DatasetIsExternal
from apps.knowledge.models import Dataset, Document, Segment
from apps.knowledge.selectors import get_dataset, get_document, get_segment
from apps.workspaces.permissions import ConsoleRequest


def find_base(request: ConsoleRequest, dataset_id: UUID) -> Dataset:
    """The base as this member sees it. Raises NotFound."""
    return get_dataset(workspace=request.workspace, dataset_id=dataset_id, for_user=request.user)


def find_own_base(request: ConsoleRequest, dataset_id: UUID) -> Dataset:
    """A base that keeps documents here. Raises NotFound, DatasetIsExternal."""
    dataset = find_base(request, dataset_id)
    if dataset.provider == DatasetProvider.EXTERNAL:
        raise DatasetIsExternal
    return dataset


def find_document(request: ConsoleRequest, dataset_id: UUID, document_id: UUID) -> Document:
    """A document of the base. Raises NotFound, DatasetIsExternal."""
    dataset = find_own_base(request, dataset_id)
    document = get_document(dataset=dataset, document_id=document_id)
    document.dataset = dataset  # with what the selector read along
    return document


def find_segment(
    request: ConsoleRequest, dataset_id: UUID, document_id: UUID, segment_id: UUID
) -> tuple[Document, Segment]:
    """A document of the base and one of its passages. Raises NotFound, DatasetIsExternal."""
    document = find_document(request, dataset_id, document_id)
    return document, get_segment(document=document, segment_id=segment_id)
