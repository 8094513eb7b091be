"""Documents: sources of segments, and the jobs that index them."""

from django.db import models
from django.utils import timezone

from apps.common.ids import new_id
from apps.files.models import UploadFile
from apps.knowledge.choices import UNFINISHED, IndexingStatus
from apps.workspaces.models import User, Workspace

from .datasets import Dataset, ProcessRule


class Document(models.Model):
    """A source of segments. The row is the indexing job as well: stage, lease, attempt, reason."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="documents", db_index=False)
    position = models.PositiveIntegerField(help_text="1, 2, 3 ... within the dataset")
    name = models.CharField(max_length=255)
    data_source_type = models.CharField(max_length=20, default="upload_file")
    data_source_info = models.JSONField(default=dict)
    upload_file = models.ForeignKey(UploadFile, models.PROTECT, null=True, related_name="+")
    process_rule = models.ForeignKey(ProcessRule, models.CASCADE, related_name="+")
    batch = models.CharField(max_length=20)
    created_from = models.CharField(max_length=8, default="web", help_text="api or web")
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    priority = models.SmallIntegerField(default=0, help_text="the highest is indexed first")
    replaces = models.ForeignKey(
        "self", models.SET_NULL, null=True, related_name="+", help_text="archived once this one is indexed"
    )
    source = models.ForeignKey("SourceConnection", models.SET_NULL, null=True, related_name="+")
    source_version = models.CharField(max_length=64, blank=True, help_text="what the source said of its last change")
    synced_at = models.DateTimeField(null=True)
    doc_form = models.CharField(max_length=20, default="text_model")
    doc_language = models.CharField(max_length=64, default="English")
    doc_type = models.CharField(max_length=40, null=True)
    doc_metadata = models.JSONField(null=True)
    word_count = models.PositiveIntegerField(default=0, help_text="characters")
    tokens = models.PositiveIntegerField(default=0)
    segment_count = models.PositiveIntegerField(default=0)
    completed_segments = models.PositiveIntegerField(default=0)
    hit_count = models.PositiveIntegerField(default=0)
    enabled = models.BooleanField(default=True)
    disabled_at = models.DateTimeField(null=True)
    disabled_by = models.UUIDField(null=True)
    archived = models.BooleanField(default=False)
    archived_at = models.DateTimeField(null=True)
    archived_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    indexing_status = models.CharField(max_length=12, choices=IndexingStatus, default=IndexingStatus.WAITING)
    error = models.TextField(null=True, help_text="why it ended in status error")
    waiting_reason = models.TextField(null=True, help_text="why it waits until retry_at")
    retry_at = models.DateTimeField(null=True)
    attempt = models.PositiveSmallIntegerField(default=0, help_text="claims since the last progress")
    lease_owner = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True, help_text="moved on by the owner's heartbeat")
    processing_started_at = models.DateTimeField(null=True)
    parsing_completed_at = models.DateTimeField(null=True)
    cleaning_completed_at = models.DateTimeField(null=True)
    splitting_completed_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    paused_by = models.UUIDField(null=True)
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["dataset", "-created_at"], name="knowledge_document_recent"),
            models.Index(fields=["dataset", "position"], name="knowledge_document_position"),
            models.Index(fields=["dataset", "batch"], name="knowledge_document_batch"),
            models.Index(
                fields=["created_at"],
                condition=models.Q(indexing_status__in=UNFINISHED),
                name="knowledge_document_unfinished",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def display_status(self) -> str:
        """The one word a list shows (service API 7.3)."""
        if self.indexing_status == IndexingStatus.WAITING:
            return "queuing"
        if self.indexing_status in UNFINISHED:
            return "indexing"
        if self.indexing_status != IndexingStatus.COMPLETED:
            return self.indexing_status
        if self.archived:
            return "archived"
        return "available" if self.enabled else "disabled"


class DocumentPart(models.Model):
    """A passage a model makes questions and answers of; it is there until all of the document's are made."""

    id = models.BigAutoField(primary_key=True)
    document = models.ForeignKey(Document, models.CASCADE, related_name="+", db_index=False)
    position = models.PositiveIntegerField(help_text="1, 2, 3 ... within the document")
    content = models.TextField()
    page = models.PositiveIntegerField(null=True)
    pairs = models.JSONField(null=True, help_text="[[question, answer], ...]; null: not asked yet")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "position"], name="knowledge_part_position")]

    def __str__(self) -> str:
        return f"part {self.position}"
