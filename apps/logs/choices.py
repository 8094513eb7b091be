"""Closed sets of this app."""

from django.db.models import TextChoices


class MessageStatus(TextChoices):
    RUNNING = "running", "Running"
    NORMAL = "normal", "Answered"
    STOPPED = "stopped", "Stopped"
    ERROR = "error", "Failed"


class Rating(TextChoices):
    LIKE = "like", "Like"
    DISLIKE = "dislike", "Dislike"


class FeedbackSource(TextChoices):
    USER = "user", "User"
    ADMIN = "admin", "Operator"
