"""Creates a key of the knowledge API."""

from typing import Any

from apps.prompts.services.keys import create_dataset_key
from apps.workspaces.commands import WorkspaceCommand


class Command(WorkspaceCommand):
    help = "Creates a key to all knowledge bases of a workspace; it is shown this once."

    def run(self, **options: Any) -> dict[str, Any]:
        return {"token": create_dataset_key(workspace=self.workspace(options))}
