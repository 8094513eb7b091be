"""Warns of knowledge an app file names that this workspace does not have."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from apps.knowledge.access import visible_to
from apps.knowledge.models import Dataset
from apps.prompts.config import read_config
from apps.prompts.contracts import AppCheck, app_checks
from apps.workspaces.models import User, Workspace

_NOT_SHARED: Final = (
    "The knowledge base {} is not there for you. Ask who made it to share it, or take it out of the app's context."
)


@app_checks.register
class DatasetCheck(AppCheck):
    """Knowledge is not carried by app files; its ids mean something only where they come from."""

    key, label = "datasets", "Knowledge"

    def warnings(self, *, workspace: Workspace, mode: str, config: Mapping[str, Any]) -> list[str]:
        """One sentence for each base that is missing."""
        wanted = read_config(config).context.dataset_ids
        known = set(Dataset.objects.filter(workspace=workspace, id__in=wanted).values_list("id", flat=True))
        return [
            f"The knowledge base {dataset_id} does not exist in this workspace. Choose another under Context."
            for dataset_id in wanted
            if dataset_id not in known
        ]

    def refusals(
        self, *, user: User, workspace: Workspace, config: Mapping[str, Any], known: Sequence[Mapping[str, Any]]
    ) -> list[tuple[str, str, str]]:
        """The bases of the workspace that the person does not see and adds to the app."""
        added = set(read_config(config).context.dataset_ids)
        added.difference_update(*(read_config(earlier).context.dataset_ids for earlier in known))
        hidden = Dataset.objects.filter(workspace=workspace, pk__in=added).exclude(
            pk__in=Dataset.objects.filter(visible_to(user, workspace=workspace)).values("pk")
        )
        return [("dataset_not_shared", _NOT_SHARED.format(id), "dataset_configs.datasets") for id in _ids(hidden)]


def _ids(datasets: "QuerySet[Dataset]") -> list[UUID]:
    return list(datasets.order_by("pk").values_list("pk", flat=True))
