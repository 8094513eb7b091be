"""The one table of the project itself: which processes are alive."""

from django.db import models


class Heartbeat(models.Model):
    """A part on a machine, and when it last said that it works. `/health` reads it."""

    part = models.CharField(max_length=32)
    host = models.CharField(max_length=255)
    pid = models.IntegerField()
    version = models.CharField(max_length=32)
    beat_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["part", "host"], name="dify_project_heartbeat_unique")]

    def __str__(self) -> str:
        return f"{self.part} on {self.host}"
