"""How much a workspace may put into its knowledge."""

from uuid import UUID

from django.conf import settings

from apps.files.errors import TooManyFiles
from apps.knowledge.errors import DocumentLimitReached
from apps.knowledge.models import Document
from apps.workspaces.models import Workspace


def require_room(*, workspace_id: UUID) -> None:
    """One more document must fit; called in the transaction that adds it.

    Where there is a limit, those who add documents to any base of the workspace wait for one another.

    Raises:
        DocumentLimitReached.
    """
    limit = settings.KNOWLEDGE_DOCUMENT_LIMIT
    if not limit:
        return
    list(Workspace.objects.select_for_update(no_key=True).filter(pk=workspace_id).values_list("pk"))
    if Document.objects.filter(workspace_id=workspace_id).count() >= limit:
        raise DocumentLimitReached(
            f"The knowledge bases of this workspace hold {limit} documents, which is the limit. Delete some, or raise "
            "KNOWLEDGE_DOCUMENT_LIMIT."
        )


def check_file_count(count: int) -> None:
    """Raises TooManyFiles: more than one upload may bring (UPLOAD_FILE_BATCH_LIMIT)."""
    limit = settings.UPLOAD_FILE_BATCH_LIMIT
    if count > limit:
        raise TooManyFiles(f"At most {limit} files can be uploaded at once; these are {count}.")
