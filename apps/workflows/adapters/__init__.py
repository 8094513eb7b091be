"""What nodes reach outside of the engine, for one run."""

from uuid import UUID

from apps.workflows.engine.ports import Services

from .knowledge import WorkspaceKnowledge
from .models import WorkspaceModels
from .sandbox import CodeSandbox
from .web import Internet


def services_of(workspace_id: UUID) -> Services:
    """The ports of a run of this workspace."""
    return Services(
        models=WorkspaceModels(workspace_id),
        sandbox=CodeSandbox(),
        web=Internet(),
        knowledge=WorkspaceKnowledge(workspace_id),
    )
