"""What somebody wants to see of an app's log, as its address says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_noop as _

from apps.common.text import storable
from apps.prompts.choices import InvokeFrom

from .periods import Period, read_period

MAX_WORDS: Final = 200  # characters
ANNOTATED: Final = {"": _("Improved or not"), "yes": _("Improved"), "no": _("Not improved")}
SOURCES: Final = {
    "": _("Everywhere but debugging"),
    InvokeFrom.WEB_APP.value: _("Web page"),
    InvokeFrom.SERVICE_API.value: _("API"),
    InvokeFrom.CONSOLE.value: _("Console"),
    InvokeFrom.DEBUGGER.value: _("Debugging"),
}
SORTS: Final = {
    "-updated_at": _("Last active first"),
    "-created_at": _("Newest first"),
    "created_at": _("Oldest first"),
}


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which entries, in which order.

    Args:
        annotated: "yes", "no" or "" for both.
        words: must stand in the title, a question or an answer, or be the name of the user or the id of the entry.
        source: an InvokeFrom; "" for all but debugging.
        sort: one of SORTS; the period is about the same moment.
    """

    period: Period
    annotated: str = ""
    words: str = ""
    source: str = ""
    sort: str = "-updated_at"


def read_filter(query: Mapping[str, str]) -> LogFilter:
    """From a query string; what is no known value counts as absent."""
    return LogFilter(
        period=read_period(query.get("period", "")),
        annotated=_known(query.get("annotated", ""), ANNOTATED, ""),
        words=storable(query.get("q", "")).strip()[:MAX_WORDS],
        source=_known(query.get("source", ""), SOURCES, ""),
        sort=_known(query.get("sort", ""), SORTS, "-updated_at"),
    )


def _known(value: str, values: Mapping[str, str], default: str) -> str:
    return value if value in values else default
