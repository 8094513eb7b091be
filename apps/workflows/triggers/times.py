"""When a schedule is due: days and hours of a time zone, as moments of UTC.

Where a clock is put forward, a fixed time that does not exist is taken by the offset from before (02:30 is 03:30).
Where it is put back, a fixed time comes once. A schedule of every hour comes once in each hour that really passes.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from celery.schedules import ParseException, crontab_parser

from apps.prompts.shapes import as_list
from apps.workflows.nodes.trigger_schedule.config import TriggerScheduleConfig

HORIZON_DAYS: Final = 366 * 8 + 1  # between two 29ths of February there may be eight years
_LAST: Final = "last"
_WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_TIME: Final = re.compile(r"(\d{1,2}):(\d{2})\s*([AaPp][Mm])?")
_ALIASES: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_EVERY_HOUR: Final = frozenset(range(24))
_EVERY_DAY: Final = frozenset(range(1, 32))
_EVERY_WEEKDAY: Final = frozenset(range(7))
_EVERY_MONTH: Final = frozenset(range(1, 13))


class BadSchedule(ValueError):
    """What is written is no schedule; the sentence is for its author."""


@dataclass(frozen=True, slots=True)
class Timetable:
    """A schedule, read.

    Args:
        days: of the month, 1 to 31; those a month does not have are left out.
        on_last_day: also on the last day of each month.
        weekdays: 0 is Sunday.
        either: a day that fits the days of the month or the weekdays is enough (cron, where both are given).
    """

    zone: ZoneInfo
    minutes: frozenset[int]
    hours: frozenset[int] = _EVERY_HOUR
    days: frozenset[int] = _EVERY_DAY
    on_last_day: bool = False
    months: frozenset[int] = _EVERY_MONTH
    weekdays: frozenset[int] = _EVERY_WEEKDAY
    either: bool = False

    def after(self, moment: datetime) -> Iterator[datetime]:
        """The moments later than this one, in order, as UTC; none where the next is further than eight years away."""
        first = moment.astimezone(self.zone).date()
        for passed in range(HORIZON_DAYS):
            yield from (found for found in self._moments_of(first + timedelta(days=passed)) if found > moment)

    def next(self, moment: datetime) -> datetime | None:
        """The first moment after this one."""
        return next(self.after(moment), None)

    def _moments_of(self, day: date) -> list[datetime]:
        if not self._has(day):
            return []
        found: set[datetime] = set()
        for hour in self.hours:
            for minute in self.minutes:
                found.update(self._at(datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone)))
        return sorted(found)

    def _at(self, local: datetime) -> Iterator[datetime]:
        first = local.astimezone(UTC)
        exists = first.astimezone(self.zone).replace(tzinfo=None) == local.replace(tzinfo=None)
        if self.hours != _EVERY_HOUR:
            yield first
        elif exists:
            yield first
            yield local.replace(fold=1).astimezone(UTC)

    def _has(self, day: date) -> bool:
        in_month = day.day in self.days or (self.on_last_day and (day + timedelta(days=1)).day == 1)
        in_week = day.isoweekday() % 7 in self.weekdays
        return day.month in self.months and (in_month or in_week if self.either else in_month and in_week)


def timetable_of(config: TriggerScheduleConfig) -> Timetable:
    """The schedule of a node. Raises BadSchedule."""
    zone = _zone(config.timezone)
    if config.mode == "cron":
        return _cron(config.cron_expression, zone)
    return _visual(config.frequency, config.visual_config, zone)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name.strip() or "UTC")
    except (KeyError, ValueError, OSError) as error:  # unknown; no name at all; a name no file can have
        raise BadSchedule(f"{name[:60]} is no time zone. Write it as Europe/Berlin or UTC.") from error


def _visual(frequency: str, config: Mapping[str, Any], zone: ZoneInfo) -> Timetable:
    if frequency == "hourly":
        return Timetable(zone, _numbers([config.get("on_minute", 0)], 0, 59, "minute"))
    hour, minute = _clock(str(config.get("time") or "12:00 AM"))
    daily = Timetable(zone, frozenset({minute}), frozenset({hour}))
    if frequency == "daily":
        return daily
    if frequency == "weekly":
        return replace(daily, weekdays=_weekdays(config.get("weekdays") or ["sun"]))
    if frequency == "monthly":
        days = as_list(config.get("monthly_days")) or [1]
        numbers = [day for day in days if day != _LAST]
        on_last = len(numbers) < len(days)
        return replace(daily, days=_numbers(numbers, 1, 31, "day of the month"), on_last_day=on_last)
    raise BadSchedule("The frequency is hourly, daily, weekly or monthly.")


def _clock(text: str) -> tuple[int, int]:
    match = _TIME.fullmatch(text.strip())
    hour, minute = (int(match[1]), int(match[2])) if match else (-1, -1)
    half = (match[3] or "").lower() if match else ""
    if half:
        hour = hour % 12 + 12 * (half == "pm") if 1 <= hour <= 12 else -1
    if not (0 <= hour <= 23 and 0 <= minute <= 59):
        raise BadSchedule(f"{text[:20]} is no time. Write it as 9:30 AM.")
    return hour, minute


def _weekdays(names: Any) -> frozenset[int]:
    found = [str(name).lower()[:3] for name in as_list(names)]
    if not found or not set(found) <= set(_WEEKDAYS):
        raise BadSchedule("Weekdays are written sun, mon, tue, wed, thu, fri, sat.")
    return frozenset(map(_WEEKDAYS.index, found))


def _numbers(values: Any, low: int, high: int, what: str) -> frozenset[int]:
    found = [int(value) if str(value).isdecimal() and len(str(value)) < 3 else -1 for value in values]
    if not all(low <= number <= high for number in found):
        raise BadSchedule(f"A {what} is a number from {low} to {high}.")
    return frozenset(found)


def _cron(expression: str, zone: ZoneInfo) -> Timetable:
    text = expression.strip().lower()
    fields = _ALIASES.get(text, text).replace("?", "*").split()
    if len(fields) != 5 or len(text) > 255:
        raise BadSchedule("A cron line has five fields: minute, hour, day of the month, month, weekday.")
    minute, hour, day, month, weekday = fields
    days = [part for part in day.split(",") if part != "l"]
    table = Timetable(
        zone,
        minutes=_field(minute, 60, 0),
        hours=_field(hour, 24, 0),
        days=_field(",".join(days), 31, 1) if days else frozenset(),
        on_last_day=len(days) < len(day.split(",")),
        months=_field(month, 12, 1),
        weekdays=frozenset(number % 7 for number in _field(weekday, 8, 0)),
        either=not day.startswith("*") and not weekday.startswith("*"),
    )
    if table.next(datetime.now(UTC)) is None:
        raise BadSchedule("The cron line never comes: no month has such a day.")
    return table


def _field(text: str, size: int, low: int) -> frozenset[int]:
    try:
        return frozenset(crontab_parser(size, low).parse(text))
    except (ParseException, ValueError, ZeroDivisionError) as error:
        raise BadSchedule(f"{text[:40]} cannot be read in a cron line.") from error
