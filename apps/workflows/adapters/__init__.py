"""What nodes reach outside of the engine, for one run."""

from uuid import UUID

from apps.prompts.callers import Caller
from apps.workflows.engine.ports import Services
from apps.workflows.sub_flows import SubFlows

from .files import RunFiles
from .knowledge import WorkspaceKnowledge
from .models import WorkspaceModels
from .sandbox import CodeSandbox
from .tools import WorkspaceTools
from .web import Internet


def services_of(workspace_id: UUID, caller: Caller, *, depth: int = 0) -> Services:
    """The ports of a run of this workspace.

    Args:
        caller: whose run it is.
        depth: how many workflows stand around this one.
    """
    web, sandbox = Internet(), CodeSandbox()
    files = RunFiles(workspace_id, web, caller.end_user_id, caller.account_id)
    models = WorkspaceModels(workspace_id, files)

    def inner(level: int) -> Services:
        return services_of(workspace_id, caller, depth=level)

    sub_flows = SubFlows(workspace_id, inner, caller.session_id or str(caller.account_id or ""), depth)
    return Services(
        models=models,
        sandbox=sandbox,
        web=web,
        knowledge=WorkspaceKnowledge(workspace_id, models),
        tools=WorkspaceTools(web, sandbox, sub_flows.run),
        files=files,
    )
