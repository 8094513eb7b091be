"""Where documents come from when nobody uploads them."""

from django.db import models
from django.utils import timezone

from apps.common.ids import new_id
from apps.knowledge.choices import CrawlStatus
from apps.workspaces.models import User, Workspace

from .jobs import LeasedJob


class SourceConnection(models.Model):
    """A workspace's way into a source, such as a Notion workspace it was let into."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    source = models.CharField(max_length=40, help_text="key of a registered source")
    account = models.CharField(max_length=255, help_text="what the source calls itself; one connection for each")
    name = models.CharField(max_length=255)
    info = models.JSONField(default=dict, help_text="what is shown of it, such as its icon")
    credentials = models.TextField(help_text="encrypted with the workspace's key")
    enabled = models.BooleanField(default=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "source", "account"], name="knowledge_source_account")
        ]

    def __str__(self) -> str:
        return self.name


class Crawl(LeasedJob):
    """A walk through a web site; its pages wait to be chosen."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    url = models.CharField(max_length=2000)
    options = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=CrawlStatus, default=CrawlStatus.RUNNING)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    completed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.url


class CrawledPage(models.Model):
    """A page of a crawl: found, then read or given up."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    crawl = models.ForeignKey(Crawl, models.CASCADE, related_name="pages", db_index=False)
    position = models.PositiveIntegerField(help_text="1, 2, 3 ... in the order they were found")
    url = models.CharField(max_length=2000)
    depth = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=500, blank=True)
    description = models.TextField(blank=True)
    content = models.TextField(null=True, help_text="the main content as Markdown; null: not read")
    error = models.TextField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["crawl", "url"], name="knowledge_crawled_url"),
            models.UniqueConstraint(fields=["crawl", "position"], name="knowledge_crawled_position"),
        ]

    def __str__(self) -> str:
        return self.url
