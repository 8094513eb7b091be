"""The table of uploads."""

from django.db import models
from django.utils import timezone

from apps.common.ids import new_id
from apps.workspaces.models import Workspace


class UploadFile(models.Model):
    """An uploaded file; its bytes lie in storage under `storage_key`, never under its own name."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    name = models.CharField(max_length=255)
    extension = models.CharField(max_length=20, blank=True, help_text="lower case, without the dot")
    mime_type = models.CharField(max_length=255, blank=True)
    size_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    storage_key = models.CharField(max_length=255, unique=True)
    created_by_user = models.UUIDField(null=True)
    created_by_end_user = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.name
