"""Closed sets of this app."""

from django.db.models import TextChoices


class MessageStatus(TextChoices):
    RUNNING = "running", "Running"
    NORMAL = "normal", "Answered"
    STOPPED = "stopped", "Stopped"
    ERROR = "error", "Failed"


class FlowStatus(TextChoices):
    """How a run of a workflow stands; values are those of the service API."""

    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Succeeded"
    PARTIAL = "partial-succeeded", "Succeeded in part"
    FAILED = "failed", "Failed"
    STOPPED = "stopped", "Stopped"
    PAUSED = "paused", "Paused"


class Rating(TextChoices):
    LIKE = "like", "Like"
    DISLIKE = "dislike", "Dislike"


class FeedbackSource(TextChoices):
    USER = "user", "User"
    ADMIN = "admin", "Operator"
