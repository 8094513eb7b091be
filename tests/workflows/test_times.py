"""When schedules are due: visual and cron, time zones, clocks put forward and back."""

from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest

from apps.workflows.nodes.trigger_schedule.config import TriggerScheduleConfig
from apps.workflows.triggers.kinds import moments_of, next_moment
from apps.workflows.triggers.times import BadSchedule, timetable_of

BEFORE = datetime(2026, 3, 1, tzinfo=UTC)  # a Sunday


def moments(count: int = 3, after: datetime = BEFORE, **data: Any) -> list[str]:
    table = timetable_of(TriggerScheduleConfig.model_validate(data))
    return [moment.strftime("%m-%d %H:%M") for moment in islice(table.after(after), count)]


def cron(line: str, **more: Any) -> list[str]:
    return moments(mode="cron", cron_expression=line, **more)


@pytest.mark.parametrize(
    ("data", "due"),
    [
        ({}, ["03-02 00:00", "03-03 00:00", "03-04 00:00"]),
        ({"frequency": "hourly", "visual_config": {"on_minute": 20}}, ["03-01 00:20", "03-01 01:20", "03-01 02:20"]),
        ({"frequency": "hourly", "visual_config": {"on_minute": "5"}}, ["03-01 00:05", "03-01 01:05", "03-01 02:05"]),
        ({"visual_config": {"time": "12:00 PM"}}, ["03-01 12:00", "03-02 12:00", "03-03 12:00"]),
        ({"visual_config": {"time": "12:15 am"}}, ["03-01 00:15", "03-02 00:15", "03-03 00:15"]),
        ({"visual_config": {"time": "3:05 PM"}, "timezone": "Asia/Tokyo"}, ["03-01 06:05", "03-02 06:05"]),
        ({"visual_config": {"time": "15:05"}}, ["03-01 15:05", "03-02 15:05", "03-03 15:05"]),
        (
            {"frequency": "weekly", "visual_config": {"weekdays": ["mon", "Friday"], "time": "9:00 AM"}},
            ["03-02 09:00", "03-06 09:00", "03-09 09:00"],
        ),
        (
            {"frequency": "monthly", "visual_config": {"monthly_days": [15, "last"], "time": "9:00 AM"}},
            ["03-15 09:00", "03-31 09:00", "04-15 09:00"],
        ),
        ({"frequency": "monthly", "visual_config": {"monthly_days": [31]}}, ["03-31 00:00", "05-31 00:00"]),
        ({"frequency": "monthly", "visual_config": {"monthly_days": ["last"]}}, ["03-31 00:00", "04-30 00:00"]),
    ],
)  # fmt: skip
def test_wf_26_visual_schedules(data, due):
    assert moments(len(due), **data) == due


@pytest.mark.parametrize(
    ("line", "due"),
    [
        ("*/20 * * * *", ["03-01 00:20", "03-01 00:40", "03-01 01:00"]),
        ("0 9 * * MON-FRI", ["03-02 09:00", "03-03 09:00", "03-04 09:00"]),
        ("0 9 * * 7", ["03-01 09:00", "03-08 09:00", "03-15 09:00"]),
        ("0 9 * * sat-sun", ["03-01 09:00", "03-07 09:00", "03-08 09:00"]),
        ("0 0 l * ?", ["03-31 00:00", "04-30 00:00", "05-31 00:00"]),
        ("0 0 10,L feb-apr *", ["03-10 00:00", "03-31 00:00", "04-10 00:00"]),
        ("0 0 13 * fri", ["03-06 00:00", "03-13 00:00", "03-20 00:00"]),  # one of the two is enough
        ("0 0 29 2 *", ["02-29 00:00", "02-29 00:00"]),
        ("@daily", ["03-02 00:00", "03-03 00:00", "03-04 00:00"]),
    ],
)
def test_wf_26_cron_lines(line, due):
    assert cron(line) == due


SPRING, AUTUMN = datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)
BERLIN: dict[str, Any] = {"timezone": "Europe/Berlin"}


def test_wf_26_a_time_the_clock_leaves_out_is_an_hour_later_that_day():
    """02:30 does not exist on 29 March: by the winter offset it is 01:30 UTC, which clocks show as 03:30."""
    due = moments(after=SPRING, visual_config={"time": "2:30 AM"}, **BERLIN)
    assert due == ["03-29 01:30", "03-30 00:30", "03-31 00:30"]


def test_wf_26_a_time_the_clock_shows_twice_comes_once():
    due = moments(after=AUTUMN, visual_config={"time": "2:30 AM"}, **BERLIN)
    assert due == ["10-25 00:30", "10-26 01:30", "10-27 01:30"]


@pytest.mark.parametrize("after", [SPRING.replace(hour=23), AUTUMN.replace(hour=22)])
def test_wf_26_what_comes_every_hour_comes_in_each_hour_that_passes(after):
    table = timetable_of(TriggerScheduleConfig.model_validate({"frequency": "hourly", **BERLIN}))
    due = list(islice(table.after(after), 6))
    assert {(later - sooner).total_seconds() for sooner, later in zip(due, due[1:], strict=False)} == {3600}


@pytest.mark.parametrize(
    "data",
    [
        *(
            {"mode": "cron", "cron_expression": line}
            for line in (
                "", "x", "60 * * * *", "* 24 * * *", "0 0 0 * *", "0 0 30 2 *", "*/0 * * * *", "-1 * * * *", "0 0 * *",
                "1-999999999 * * * *", "0 0 1,,2 * *", "* * * * * *", "9" * 5000, "\x00 * * * *",
            )
        ),
        *({"timezone": zone} for zone in ("Mars/Base", "../../etc/passwd", "/etc/passwd", "\x00", "a" * 5000)),
        *({"visual_config": {"time": time}} for time in ("25:00", "13:00 PM", "0:10 AM", "noon", "9:99 AM", ["9:00"])),
        {"frequency": "yearly"},
        {"frequency": "weekly", "visual_config": {"weekdays": ["someday"]}},
        {"frequency": "weekly", "visual_config": {"weekdays": {"a": 1}}},
        {"frequency": "monthly", "visual_config": {"monthly_days": [32]}},
        {"frequency": "monthly", "visual_config": {"monthly_days": [{}, "last"]}},
        {"frequency": "hourly", "visual_config": {"on_minute": 60}},
        {"frequency": "hourly", "visual_config": {"on_minute": None}},
    ],
)  # fmt: skip
def test_what_is_no_schedule_is_said_and_never_due(data):
    with pytest.raises(BadSchedule):
        timetable_of(TriggerScheduleConfig.model_validate(data))
    assert next_moment("trigger-schedule", data, BEFORE) is None
    assert moments_of(data, BEFORE, 5) == []


def test_settings_of_no_shape_are_never_due():
    assert next_moment("trigger-schedule", {"mode": {"a": 1}}, BEFORE) is None
