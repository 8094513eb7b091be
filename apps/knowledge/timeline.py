"""How a document's indexing went: its stages and how long each took."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .choices import UNFINISHED
from .models import Document

# What a stage is called, and the columns that say when it began and ended.
_STAGES: Final = (
    (_("Waiting"), "created_at", "processing_started_at"),
    (_("Reading"), "processing_started_at", "parsing_completed_at"),
    (_("Cleaning"), "parsing_completed_at", "cleaning_completed_at"),
    (_("Splitting"), "cleaning_completed_at", "splitting_completed_at"),
    (_("Indexing"), "splitting_completed_at", "completed_at"),
)


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage that has begun.

    Args:
        duration_s: so far, where it is not over; None: it ended before it was over.
        state: `done`, `running` or `stopped`.
    """

    label: Any
    began_at: datetime
    duration_s: float | None
    state: str


def timeline(document: Document) -> list[Stage]:
    """The stages a document has been through, the last of which may be running."""
    stages = []
    for label, begin, end in _STAGES:
        began: datetime | None = getattr(document, begin)
        ended: datetime | None = getattr(document, end)
        if began is None:
            break
        if ended is None or ended < began:  # an earlier run's end, where it is indexed anew
            stages.append(_open(document, label, began))
            break
        stages.append(Stage(label, began, (ended - began).total_seconds(), "done"))
    return stages


def _open(document: Document, label: Any, began: datetime) -> Stage:
    if document.indexing_status not in UNFINISHED:
        return Stage(label, began, None, "stopped")
    return Stage(label, began, max(timezone.now() - began, timedelta()).total_seconds(), "running")
