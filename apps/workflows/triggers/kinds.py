"""The trigger nodes of a flow."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

from pydantic import ValidationError

from apps.prompts.flows import nodes_of
from apps.workflows.nodes.trigger_schedule.config import TriggerScheduleConfig

from .times import BadSchedule, Timetable, timetable_of

SCHEDULE: Final = "trigger-schedule"
WEBHOOK: Final = "trigger-webhook"
PLUGIN: Final = "trigger-plugin"
RUNNING: Final = frozenset({SCHEDULE, WEBHOOK})


@dataclass(frozen=True, slots=True)
class TriggerNode:
    """A node that starts runs by itself."""

    id: str
    kind: str
    title: str
    data: Mapping[str, Any]


def trigger_nodes(config: Mapping[str, Any]) -> Iterator[TriggerNode]:
    """Those of a `workflow` map that can run here."""
    for node_id, data in nodes_of(config):
        if data["type"] in RUNNING and node_id:
            yield TriggerNode(node_id[:255], str(data["type"]), str(data.get("title") or "")[:255], data)


def read_timetable(data: Mapping[str, Any]) -> Timetable:
    """The schedule in a node's settings. Raises BadSchedule."""
    try:
        return timetable_of(TriggerScheduleConfig.model_validate(data))
    except ValidationError as error:
        raise BadSchedule("Its settings cannot be read.") from error


def next_moment(kind: str, data: Mapping[str, Any], after: datetime) -> datetime | None:
    """When a trigger is due next; None for those that wait for somebody, and for what is no schedule."""
    try:
        return read_timetable(data).next(after) if kind == SCHEDULE else None
    except BadSchedule:
        return None


def moments_of(data: Mapping[str, Any], after: datetime, count: int) -> list[datetime]:
    """The next moments of a schedule in its own time zone; none of what is no schedule."""
    try:
        return read_moments(data, after, count)
    except BadSchedule:
        return []


def read_moments(data: Mapping[str, Any], after: datetime, count: int) -> list[datetime]:
    """The same. Raises BadSchedule."""
    table = read_timetable(data)
    return [moment.astimezone(table.zone) for moment in islice(table.after(after), count)]
