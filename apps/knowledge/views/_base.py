"""What the pages of a base share."""

from uuid import UUID

from apps.common.errors import NotFound
from apps.knowledge.choices import DatasetProvider
from apps.knowledge.models import Dataset
from apps.knowledge.selectors import DATASET_NOT_FOUND, get_dataset
from apps.workspaces.permissions import ConsoleRequest


def base_of(request: ConsoleRequest, dataset_id: UUID | str) -> Dataset:
    """The base, as the person of this request sees it. Raises NotFound."""
    return get_dataset(workspace=request.workspace, dataset_id=dataset_id, for_user=request.user)


def own_base_of(request: ConsoleRequest, dataset_id: UUID | str) -> Dataset:
    """The same of a base that is kept here. Raises NotFound: also of one kept elsewhere."""
    dataset = base_of(request, dataset_id)
    if dataset.provider == DatasetProvider.EXTERNAL:
        raise NotFound(DATASET_NOT_FOUND)
    return dataset
