"""What every row that is a background job carries."""

from django.db import models


class LeasedJob(models.Model):
    """A row somebody works on under a lease (`services.leases`)."""

    lease_owner = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True, help_text="moved on by the owner's heartbeat")
    attempt = models.PositiveSmallIntegerField(default=0, help_text="claims since the last progress")
    waiting_reason = models.TextField(null=True, help_text="why it waits until retry_at")
    retry_at = models.DateTimeField(null=True)
    error = models.TextField(null=True, help_text="why it was given up")

    class Meta:
        abstract = True
