"""What segments are found by: narrow tables that carry the dataset, so that a search reads nothing else.

They hold rows of passages without children, and of child chunks.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from pgvector.django import HalfVectorField, SparseVectorField

from apps.common.ids import new_id
from apps.knowledge.choices import IndexingTechnique, IndexKind
from apps.knowledge.contracts import SLOTS
from apps.workspaces.models import User

from .datasets import Dataset
from .jobs import LeasedJob
from .segments import Segment


class SegmentLexical(models.Model):
    """What BM25 reads: the document side of the score, ready to be multiplied with the query's idf."""

    segment = models.OneToOneField(Segment, models.CASCADE, primary_key=True, related_name="+")
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="+", db_constraint=False)
    document_id = models.UUIDField(help_text="what searches among some documents compare")
    enabled = models.BooleanField(default=True)
    length = models.PositiveIntegerField(help_text="terms, repetitions counted")
    terms = ArrayField(models.IntegerField(), help_text="sorted slots; only the gate of large datasets reads them")
    weights = SparseVectorField(dimensions=SLOTS)

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
    document_id = models.UUIDField(help_text="what searches among some documents compare")
    model = models.CharField(max_length=255, help_text="provider/model")
    dim = models.PositiveSmallIntegerField()
    enabled = models.BooleanField(default=True)
    embedding = HalfVectorField()

    def __str__(self) -> str:
        return f"{self.model} {self.dim}"


class SearchIndex(LeasedJob):
    """An index of its own for a large base: made by a worker while searches go on without it.

    `vectors`: HNSW over the base's vectors of one model. `words`: GIN over the terms of its segments.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="search_indexes", db_index=False)
    kind = models.CharField(max_length=8, choices=IndexKind)
    model = models.CharField(max_length=255, blank=True, help_text="provider/model of the vectors")
    dim = models.PositiveSmallIntegerField(null=True)
    name = models.CharField(max_length=63, unique=True, help_text="of the index in Postgres")
    ready_at = models.DateTimeField(null=True, help_text="searches use it from then on")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "kind", "model"], name="knowledge_search_index")]

    def __str__(self) -> str:
        return self.name


class IndexChange(LeasedJob):
    """Another technique or embedding model on its way: vectors beside those in use, switched to when all are there."""

    dataset = models.OneToOneField(Dataset, models.CASCADE, primary_key=True, related_name="index_change")
    indexing_technique = models.CharField(max_length=16, choices=IndexingTechnique)
    embedding_provider = models.CharField(max_length=64, blank=True)
    embedding_model = models.CharField(max_length=255, blank=True)
    total_segments = models.PositiveIntegerField(default=0)
    completed_segments = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"{self.embedding_provider}/{self.embedding_model}"
