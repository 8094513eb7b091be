"""Closed sets of this app."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class MessageStatus(TextChoices):
    RUNNING = "running", "Running"
    NORMAL = "normal", "Answered"
    STOPPED = "stopped", "Stopped"
    ERROR = "error", "Failed"


class FlowStatus(TextChoices):
    """How a run of a workflow stands; values are those of the service API."""

    RUNNING = "running", _("Running")
    SUCCEEDED = "succeeded", _("Succeeded")
    PARTIAL = "partial-succeeded", _("Succeeded in part")
    FAILED = "failed", _("Failed")
    STOPPED = "stopped", _("Stopped")
    PAUSED = "paused", _("Paused")


class FormStatus(TextChoices):
    WAITING = "waiting", _("Waiting")
    SUBMITTED = "submitted", _("Filled in")
    EXPIRED = "expired", _("Nobody answered in time")


class Rating(TextChoices):
    LIKE = "like", "Like"
    DISLIKE = "dislike", "Dislike"


class FeedbackSource(TextChoices):
    USER = "user", "User"
    ADMIN = "admin", "Operator"
