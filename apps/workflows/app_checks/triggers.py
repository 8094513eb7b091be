"""What keeps a workflow with triggers from being published."""

from collections.abc import Iterator, Mapping
from typing import Any

from apps.prompts.choices import FLOW_MODES, AppMode
from apps.prompts.contracts import AppCheck, app_checks
from apps.prompts.flows import nodes_of
from apps.workflows.triggers.kinds import PLUGIN, RUNNING, SCHEDULE, read_timetable
from apps.workflows.triggers.times import BadSchedule
from apps.workspaces.models import Workspace


@app_checks.register
class TriggersCheck(AppCheck):
    """Schedules that are none, triggers of plugins, triggers where nothing can be triggered."""

    key, label = "triggers", "Triggers"

    def warnings(self, *, workspace: Workspace, mode: str, config: Mapping[str, Any]) -> list[str]:
        """Nothing: what is wrong is wrong in every workspace."""
        return []

    def faults(self, *, mode: str, config: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        """One for each trigger that could never start a run."""
        if mode not in FLOW_MODES:
            return []
        return [
            ("trigger", f"{(str(data.get('title') or '') or node_id)[:80]}: {sentence}", node_id)
            for node_id, data in nodes_of(config)
            for sentence in _faults(mode, data)
        ]


def _faults(mode: str, data: Mapping[str, Any]) -> Iterator[str]:
    if data["type"] == PLUGIN:
        yield "triggers of plugins do not run here. Put a webhook or a schedule in its place."
    elif data["type"] in RUNNING and mode != AppMode.WORKFLOW:
        yield "triggers start workflows; a chatflow begins with a start node."
    elif data["type"] == SCHEDULE:
        try:
            read_timetable(data)
        except BadSchedule as error:
            yield str(error)
