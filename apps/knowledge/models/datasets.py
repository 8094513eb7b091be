"""Knowledge bases, who may use them, and what their documents are told apart by."""

from django.db import models
from django.utils import timezone

from apps.common.ids import new_id
from apps.knowledge.choices import IndexingTechnique, MetadataType, Permission, RuleMode
from apps.workspaces.models import User, Workspace


class ExternalKnowledgeApi(models.Model):
    """A service that searches knowledge kept elsewhere (the external knowledge API)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    name = models.CharField(max_length=40)
    description = models.CharField(max_length=400, blank=True)
    endpoint = models.CharField(max_length=2000)
    api_key = models.TextField(help_text="encrypted with the workspace's key")
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="knowledge_external_api_name")]

    def __str__(self) -> str:
        return self.name


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
    built_in_field_enabled = models.BooleanField(default=False, help_text="searches may filter by name, date, source")
    sync_interval_h = models.PositiveSmallIntegerField(
        null=True, help_text="hours between looks at the sources; null: never"
    )
    external_api = models.ForeignKey("ExternalKnowledgeApi", models.PROTECT, null=True, related_name="datasets")
    external_knowledge_id = models.CharField(max_length=255, blank=True)
    external_retrieval_model = models.JSONField(default=dict)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    updated_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="knowledge_dataset_name")]

    def __str__(self) -> str:
        return self.name


class DatasetMember(models.Model):
    """A member for whom a base with the permission `partial_members` is there."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="members", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "user"], name="knowledge_dataset_member")]

    def __str__(self) -> str:
        return str(self.user_id)


class MetadataField(models.Model):
    """A field documents of a base can be told apart by; `Document.doc_metadata` holds the values by its name."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="metadata_fields", db_index=False)
    name = models.CharField(max_length=255)
    type = models.CharField(max_length=8, choices=MetadataType)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "name"], name="knowledge_metadata_name")]

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
