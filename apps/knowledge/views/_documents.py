"""What pages of a document begin with: the document and segment that the address names, or 404."""

from uuid import UUID

from apps.knowledge.models import Document, Segment
from apps.knowledge.selectors import get_document, get_segment
from apps.workspaces.permissions import ConsoleRequest

from ._base import own_base_of


def document_of(request: ConsoleRequest, dataset_id: UUID, document_id: UUID) -> Document:
    """A document of the base. Raises NotFound, DatasetIsExternal."""
    dataset = own_base_of(request, dataset_id)
    document = get_document(dataset=dataset, document_id=document_id)
    document.dataset = dataset  # with what the selector read along
    return document


def segment_of(
    request: ConsoleRequest, dataset_id: UUID, document_id: UUID, segment_id: UUID
) -> tuple[Document, Segment]:
    """A document of the base and one of its passages. Raises NotFound, DatasetIsExternal."""
    document = document_of(request, dataset_id, document_id)
    return document, get_segment(document=document, segment_id=segment_id)
