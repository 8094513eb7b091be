"""Tables of knowledge bases, documents, segments and what they are found by.

A segment's text lies in `Segment`; what it is found by lies in narrow side tables that carry the dataset, so that a
search reads nothing else. Child chunks will be segments with a parent, questions and answers use `Segment.answer`:
both are found by the same two side tables.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone
from pgvector.django import HalfVectorField, SparseVectorField

from apps.common.ids import new_id
from apps.files.models import UploadFile
from apps.workspaces.models import User, Workspace

from .choices import UNFINISHED, IndexingStatus, IndexingTechnique, Permission, RuleMode, SegmentStatus
from .contracts import SLOTS


class Dataset(models.Model):
    """A knowledge base. Without a technique it is empty and takes the one of its first document."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    name = models.CharField(max_length=40)
    description = models.CharField(max_length=400, blank=True)
    provider = models.CharField(max_length=16, default="vendor", help_text="vendor: kept here; external: elsewhere")
    permission = models.CharField(max_length=20, choices=Permission, default=Permission.ONLY_ME)
    data_source_type = models.CharField(max_length=20, null=True)
    indexing_technique = models.CharField(max_length=16, choices=IndexingTechnique, null=True)
    embedding_provider = models.CharField(max_length=64, blank=True)
    embedding_model = models.CharField(max_length=255, blank=True)
    retrieval_model = models.JSONField(default=dict, help_text="the service API's retrieval_model_dict")
    doc_form = models.CharField(max_length=20, default="text_model")
    enable_api = models.BooleanField(default=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    updated_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="knowledge_dataset_name")]

    def __str__(self) -> str:
        return self.name


class ProcessRule(models.Model):
    """How documents are cleaned and split; later documents without a rule take the dataset's latest."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="process_rules")
    mode = models.CharField(max_length=16, choices=RuleMode)
    rules = models.JSONField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.mode


class Document(models.Model):
    """A source of segments. The row is the indexing job as well: stage, lease, attempt, reason."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="documents")
    position = models.PositiveIntegerField(help_text="1, 2, 3 ... within the dataset")
    name = models.CharField(max_length=255)
    data_source_type = models.CharField(max_length=20, default="upload_file")
    data_source_info = models.JSONField(default=dict)
    upload_file = models.ForeignKey(UploadFile, models.PROTECT, null=True, related_name="+")
    process_rule = models.ForeignKey(ProcessRule, models.CASCADE, related_name="+")
    batch = models.CharField(max_length=20)
    created_from = models.CharField(max_length=8, default="web", help_text="api or web")
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
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


class Segment(models.Model):
    """A passage: what is found, cited and put into prompts."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="+")
    document = models.ForeignKey(Document, models.CASCADE, related_name="segments", db_index=False)
    position = models.PositiveIntegerField(help_text="1, 2, 3 ... within the document")
    content = models.TextField()
    answer = models.TextField(null=True)
    word_count = models.PositiveIntegerField(help_text="characters")
    tokens = models.PositiveIntegerField()
    keywords = models.JSONField(null=True)
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

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "position"], name="knowledge_segment_position")]

    def __str__(self) -> str:
        return f"segment {self.position}"


class SegmentLexical(models.Model):
    """What BM25 reads: the document side of the score, ready to be multiplied with the query's idf."""

    segment = models.OneToOneField(Segment, models.CASCADE, primary_key=True, related_name="+")
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="+", db_constraint=False)
    enabled = models.BooleanField(default=True)
    length = models.PositiveIntegerField(help_text="terms, repetitions counted")
    terms = ArrayField(models.IntegerField(), help_text="sorted slots; only the gate of large datasets reads them")
    weights = SparseVectorField(dimensions=SLOTS)

    class Meta:
        indexes = [GinIndex(fields=["terms"], fastupdate=False, name="knowledge_lexical_terms")]

    def __str__(self) -> str:
        return str(self.segment_id)


class TermStat(models.Model):
    """How many segments of a dataset hold a term."""

    pk = models.CompositePrimaryKey("dataset_id", "term")
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="+", db_index=False)
    term = models.IntegerField(help_text="slot")
    df = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.term}: {self.df}"


class LexicalStat(models.Model):
    """A dataset's totals of indexed segments. Its row lock puts writers of the dataset's term counts in a row."""

    dataset = models.OneToOneField(Dataset, models.CASCADE, primary_key=True, related_name="+")
    chunks = models.BigIntegerField(default=0)
    tokens = models.BigIntegerField(default=0, help_text="sum of SegmentLexical.length")
    average_length = models.FloatField(help_text="the average that all weights of the dataset were made with")

    def __str__(self) -> str:
        return f"{self.chunks} segments"


class SegmentEmbedding(models.Model):
    """A segment's vector of one model. One column holds all dimensions; queries name theirs as a literal."""

    pk = models.CompositePrimaryKey("segment_id", "model")
    segment = models.ForeignKey(Segment, models.CASCADE, related_name="+", db_index=False)
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="+", db_constraint=False)
    model = models.CharField(max_length=255, help_text="provider/model")
    dim = models.PositiveSmallIntegerField()
    enabled = models.BooleanField(default=True)
    embedding = HalfVectorField()

    def __str__(self) -> str:
        return f"{self.model} {self.dim}"
