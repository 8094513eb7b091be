"""The settings of a schedule."""

from pydantic import Field

from apps.workflows.engine.config import Map, NodeConfig, Text


class TriggerScheduleConfig(NodeConfig):
    """See `NodeConfig`. What is no schedule is said when the app is published."""

    mode: Text = Field(
        "visual",
        description="How it is written: by hours and days, or as a cron line.",
        json_schema_extra={
            "label": "Written",
            "options": ["visual", "cron"],
            "option_labels": {"visual": "By hours and days", "cron": "As a cron line"},
        },
    )
    frequency: Text = Field(
        "daily",
        description="How often.",
        json_schema_extra={
            "options": ["hourly", "daily", "weekly", "monthly"],
            "option_labels": {
                "hourly": "Every hour",
                "daily": "Every day",
                "weekly": "Every week",
                "monthly": "Every month",
            },
            "shown_when": {"mode": ["visual"]},
        },
    )
    visual_config: Map = Field(
        default_factory=dict,
        description=(
            "`on_minute` (hourly), `time` such as 9:30 AM, `weekdays` (sun to sat), `monthly_days` (1 to 31, last)."
        ),
        json_schema_extra={"label": "When", "widget": "schedule", "shown_when": {"mode": ["visual"]}},
    )
    cron_expression: Text = Field(
        "",
        description="Minute, hour, day, month, weekday; or @daily and the like.",
        json_schema_extra={"label": "Cron line", "shown_when": {"mode": ["cron"]}},
    )
    timezone: Text = Field(
        "UTC",
        description="The time zone its hours are of, such as Europe/Berlin.",
        json_schema_extra={"label": "Time zone", "widget": "timezone"},
    )
