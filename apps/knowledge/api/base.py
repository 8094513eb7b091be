"""What all views of the knowledge API share."""

from collections.abc import Collection
from typing import Any, ClassVar
from uuid import UUID

from rest_framework.views import APIView

from apps.knowledge.choices import DatasetProvider
from apps.knowledge.errors import DatasetApiDisabled, DatasetIsExternal
from apps.knowledge.models import Dataset, Document
from apps.knowledge.selectors import count_apps, count_bases, get_dataset, get_document
from apps.knowledge.services.datasets import is_embedding_available
from apps.prompts.api.auth import DatasetKeyAuthentication
from apps.prompts.runtime import DatasetKey
from apps.workspaces.models import User, Workspace
from apps.workspaces.selectors import list_tags_of

from .output import dataset_json


class KnowledgeView(APIView):
    """A view behind a dataset key, which acts as the workspace's owner."""

    authentication_classes = [DatasetKeyAuthentication]
    # Whether it also serves bases that are kept elsewhere; what has to do with documents does not.
    serves_external: ClassVar[bool] = False

    @property
    def workspace_id(self) -> UUID:
        key = self.request.auth
        assert isinstance(key, DatasetKey)
        return key.workspace_id

    @property
    def workspace(self) -> Workspace:
        return Workspace.objects.get(pk=self.workspace_id)

    @property
    def owner(self) -> User:
        user = self.request.user
        assert isinstance(user, User)
        return user

    def dataset(self, dataset_id: str) -> Dataset:
        """The workspace's base. Raises NotFound, DatasetApiDisabled, DatasetIsExternal."""
        dataset = get_dataset(workspace=self.workspace_id, dataset_id=dataset_id)
        if not dataset.enable_api:
            raise DatasetApiDisabled
        if dataset.provider == DatasetProvider.EXTERNAL and not self.serves_external:
            raise DatasetIsExternal
        return dataset

    def document(self, dataset_id: str, document_id: str) -> Document:
        """A document of the workspace's base. Raises NotFound, DatasetApiDisabled."""
        return get_document(dataset=self.dataset(dataset_id), document_id=document_id)

    def show(self, datasets: Collection[Dataset]) -> list[dict[str, Any]]:
        """Bases with what they hold and what other apps know of them."""
        ids = [dataset.pk for dataset in datasets]
        figures = count_bases(dataset_ids=ids)
        apps = count_apps(workspace_id=self.workspace_id)
        tags = list_tags_of(workspace=self.workspace_id, target_ids=ids)
        return [
            dataset_json(
                dataset,
                figures[dataset.pk],
                app_count=apps.get(str(dataset.pk), 0),
                embedding_available=is_embedding_available(dataset),
                tags=tags.get(dataset.pk, []),
            )
            for dataset in datasets
        ]
