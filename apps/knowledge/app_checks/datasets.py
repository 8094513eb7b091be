"""Warns of knowledge an app file names that this workspace does not have."""

from collections.abc import Mapping
from typing import Any

from apps.knowledge.models import Dataset
from apps.prompts.config import read_config
from apps.prompts.contracts import AppCheck, app_checks
from apps.workspaces.models import Workspace


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
