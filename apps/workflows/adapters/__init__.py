"""What nodes reach outside of the engine, for one run."""

from uuid import UUID

from apps.workflows.engine.ports import Services
from apps.workflows.sub_flows import SubFlows

from .knowledge import WorkspaceKnowledge
from .models import WorkspaceModels
from .sandbox import CodeSandbox
from .tools import WorkspaceTools
from .web import Internet


def services_of(workspace_id: UUID, *, user_id: str = "", depth: int = 0) -> Services:
    """The ports of a run of this workspace.

    Args:
        user_id: the caller's own name for the end user.
        depth: how many workflows stand around this one.
    """
    web, sandbox = Internet(), CodeSandbox()

    def inner(level: int) -> Services:
        return services_of(workspace_id, user_id=user_id, depth=level)

    return Services(
        models=WorkspaceModels(workspace_id),
        sandbox=sandbox,
        web=web,
        knowledge=WorkspaceKnowledge(workspace_id),
        tools=WorkspaceTools(web, sandbox, SubFlows(workspace_id, inner, user_id, depth).run),
    )
