"""The settings of a schedule."""

from pydantic import Field

from apps.workflows.engine.config import Map, NodeConfig, Text


class TriggerScheduleConfig(NodeConfig):
    """See `NodeConfig`. What is no schedule is said when the app is published."""

    mode: Text = Field(
        "visual",
        description="How it is written: by hours and days, or as a cron line.",
        json_schema_extra={"options": ["visual", "cron"]},
    )
    frequency: Text = Field(
        "daily", description="How often.", json_schema_extra={"options": ["hourly", "daily", "weekly", "monthly"]}
    )
    visual_config: Map = Field(
        default_factory=dict,
        description=(
            "`on_minute` (hourly), `time` such as 9:30 AM, `weekdays` (sun to sat), `monthly_days` (1 to 31, last)."
        ),
    )
    cron_expression: Text = Field("", description="Minute, hour, day, month, weekday; or @daily and the like.")
    timezone: Text = Field("UTC", description="The time zone its hours are of, such as Europe/Berlin.")
