"""Segments: the passages documents are cut into."""

from django.contrib.postgres.indexes import HashIndex
from django.db import models
from django.utils import timezone

from apps.common.ids import new_id
from apps.knowledge.choices import ChunkOrigin, SegmentStatus
from apps.workspaces.models import Workspace

from .datasets import Dataset
from .documents import Document


class Segment(models.Model):
    """A passage: what is found, cited and put into prompts. One with a parent is a child chunk.

    Where a passage has children, they are what is found; the passage itself is what is cited and put into prompts.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="+")
    document = models.ForeignKey(Document, models.CASCADE, related_name="segments", db_index=False)
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children", db_index=False)
    origin = models.CharField(max_length=10, choices=ChunkOrigin, default=ChunkOrigin.AUTOMATIC)
    position = models.PositiveIntegerField(help_text="1, 2, 3 ... within the document, of a child within its parent")
    page = models.PositiveIntegerField(null=True, help_text="where the passage begins, in sources that have pages")
    content = models.TextField()
    answer = models.TextField(null=True)
    word_count = models.PositiveIntegerField(help_text="characters")
    tokens = models.PositiveIntegerField()
    keywords = models.JSONField(null=True)
    metadata = models.JSONField(null=True, help_text="what the source says of this passage alone")
    index_node_hash = models.CharField(max_length=64, help_text="SHA-256 of the content")
    hit_count = models.PositiveIntegerField(default=0)
    enabled = models.BooleanField(default=True)
    disabled_at = models.DateTimeField(null=True)
    disabled_by = models.UUIDField(null=True)
    status = models.CharField(max_length=12, choices=SegmentStatus, default=SegmentStatus.WAITING)
    error = models.TextField(null=True)
    created_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    indexing_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    updated_by = models.UUIDField(null=True)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            # Passages and chunks alike; every look for a document's rows goes through its index.
            models.UniqueConstraint(
                fields=["document", "parent", "position"], nulls_distinct=False, name="knowledge_segment_position"
            ),
            models.UniqueConstraint(
                fields=["parent", "position"], condition=~models.Q(parent=None), name="knowledge_child_position"
            ),
        ]
        indexes = [
            # An equal text's vector is looked up here before a model is asked for it.
            HashIndex(fields=["index_node_hash"], name="knowledge_segment_digest"),
        ]

    def __str__(self) -> str:
        return f"segment {self.position}"
