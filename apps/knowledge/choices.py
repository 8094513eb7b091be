"""Closed sets of this app, as the service API spells them."""

from collections.abc import Mapping
from typing import Final

from django.db.models import TextChoices


class IndexingTechnique(TextChoices):
    HIGH_QUALITY = "high_quality", "High quality"
    ECONOMY = "economy", "Economical"


class DatasetProvider(TextChoices):
    VENDOR = "vendor", "Kept here"
    EXTERNAL = "external", "Kept elsewhere"


class Permission(TextChoices):
    ONLY_ME = "only_me", "Only me"
    ALL_TEAM_MEMBERS = "all_team_members", "All team members"
    PARTIAL_MEMBERS = "partial_members", "Chosen members"


class IndexingStatus(TextChoices):
    WAITING = "waiting", "Queued"
    PARSING = "parsing", "Parsing"
    CLEANING = "cleaning", "Cleaning"
    SPLITTING = "splitting", "Splitting"
    INDEXING = "indexing", "Indexing"
    PAUSED = "paused", "Paused"
    ERROR = "error", "Error"
    COMPLETED = "completed", "Completed"


class SegmentStatus(TextChoices):
    WAITING = "waiting", "Waiting"
    INDEXING = "indexing", "Indexing"
    COMPLETED = "completed", "Completed"
    ERROR = "error", "Error"
    RE_SEGMENT = "re_segment", "To be split again"


class RuleMode(TextChoices):
    AUTOMATIC = "automatic", "Automatic"
    CUSTOM = "custom", "Custom"
    HIERARCHICAL = "hierarchical", "Parents and children"


class DocForm(TextChoices):
    TEXT = "text_model", "Passages"
    QA = "qa_model", "Questions and answers"
    HIERARCHICAL = "hierarchical_model", "Parents and children"


class ChunkOrigin(TextChoices):
    """Whether a child chunk was cut or written; a passage's is always automatic."""

    AUTOMATIC = "automatic", "Automatic"
    CUSTOMIZED = "customized", "Customized"


class MetadataType(TextChoices):
    STRING = "string", "Text"
    NUMBER = "number", "Number"
    TIME = "time", "Time"


# What every document has without anybody saying so, as the service API names it (7.8).
BUILT_IN: Final[Mapping[str, MetadataType]] = {
    "document_name": MetadataType.STRING,
    "uploader": MetadataType.STRING,
    "upload_date": MetadataType.TIME,
    "last_update_date": MetadataType.TIME,
    "source": MetadataType.STRING,
}
# What `source` says of where a document came from.
SOURCES: Final = {"upload_file": "file_upload", "notion_import": "notion", "website_crawl": "website"}


class IndexKind(TextChoices):
    VECTORS = "vectors", "Vectors"
    WORDS = "words", "Words"


class CrawlStatus(TextChoices):
    RUNNING = "running", "Running"
    STOPPED = "stopped", "Stopped"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"


# What a worker still has something to do for.
UNFINISHED = (
    IndexingStatus.WAITING,
    IndexingStatus.PARSING,
    IndexingStatus.CLEANING,
    IndexingStatus.SPLITTING,
    IndexingStatus.INDEXING,
)
