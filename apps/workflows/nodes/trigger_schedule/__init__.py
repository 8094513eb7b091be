"""Where a flow begins that a schedule starts."""

from .node import TriggerSchedule as TriggerSchedule
