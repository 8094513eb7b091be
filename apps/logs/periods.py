"""Stretches of time that people ask about, up to now, in their own time zone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext_noop as _

DEFAULT: Final = "7"
LABELS: Final[Mapping[str, str]] = {
    "today": _("Today"),
    "7": _("Last 7 days"),
    "28": _("Last 4 weeks"),
    "90": _("Last 3 months"),
    "365": _("Last 12 months"),
    "month": _("This month"),
    "quarter": _("This quarter"),
    "year": _("This year"),
    "all": _("All time"),
}


@dataclass(frozen=True, slots=True)
class Period:
    """From the beginning of a day to now.

    Args:
        key: one of LABELS.
        start: midnight in the person's time zone; None for all time.
        end: now.
    """

    key: str
    start: datetime | None
    end: datetime


def read_period(key: str, *, now: datetime | None = None) -> Period:
    """The period of this key, in the active time zone; the default one for a key that is none."""
    key = key if key in LABELS else DEFAULT
    end = timezone.localtime(now)
    return Period(key, _start(key, end), end)


def _start(key: str, now: datetime) -> datetime | None:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    match key:
        case "all":
            return None
        case "today":
            return midnight
        case "month":
            return midnight.replace(day=1)
        case "quarter":
            return midnight.replace(month=now.month - (now.month - 1) % 3, day=1)
        case "year":
            return midnight.replace(month=1, day=1)
        case days:  # today is one of them
            return midnight - timedelta(days=int(days) - 1)
