"""Closed sets of this app."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class FiredBy(TextChoices):
    """What a run that a trigger started says of where it comes from."""

    TRIGGER = "trigger", _("Webhook")
    SCHEDULE = "schedule", _("Schedule")


class Missed(TextChoices):
    """What becomes of moments of a schedule at which nothing was running."""

    ONCE = "once", _("Run once, as soon as possible")
    SKIP = "skip", _("Leave them out")


class FiringStatus(TextChoices):
    WAITING = "waiting", _("Waiting")
    STARTED = "started", _("Started")
    FAILED = "failed", _("Could not start")


class ValueSource(TextChoices):
    """Where the value that a node brings comes from."""

    RUN = "run", "A run"
    EDITED = "edited", "Edited"
    STEP = "step", "The node ran alone"
    RESET = "reset", "What was there was reset"
