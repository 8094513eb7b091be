"""Closed sets of this app, as the service API spells them."""

from django.db.models import TextChoices


class IndexingTechnique(TextChoices):
    HIGH_QUALITY = "high_quality", "High quality"
    ECONOMY = "economy", "Economical"


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


# What a worker still has something to do for.
UNFINISHED = (
    IndexingStatus.WAITING,
    IndexingStatus.PARSING,
    IndexingStatus.CLEANING,
    IndexingStatus.SPLITTING,
    IndexingStatus.INDEXING,
)
