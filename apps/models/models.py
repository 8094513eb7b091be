"""Tables of the models a workspace may use: credentials, models it entered itself, defaults.

Provider and model names are plain strings; the catalogue says which exist.
"""

from django.db import models
from django.utils import timezone

from apps.common.ids import new_id
from apps.workspaces.models import Workspace


class ProviderCredential(models.Model):
    """One access (key) of a workspace to a provider: a JSON object of the credential fields, sealed for the workspace.

    Calls take the keys of a provider in turn.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="provider_credentials")
    provider = models.CharField(max_length=64)
    label = models.CharField(max_length=60, default="", blank=True, help_text="What members call this key.")
    is_enabled = models.BooleanField(default=True)
    encrypted = models.BinaryField(editable=False)
    validated_at = models.DateTimeField(null=True, help_text="When the provider last accepted it; null: unchecked.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "provider", "label"], name="models_credential_label_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.label}".strip()


class KeyTrouble(models.Model):
    """Why and until when a process leaves a key alone, for all models or for one. Gone when the key works again."""

    credential = models.ForeignKey(ProviderCredential, models.CASCADE, related_name="troubles")
    model = models.CharField(max_length=200, default="", blank=True, help_text="Empty: for all models.")
    kind = models.CharField(max_length=32)
    message = models.TextField()
    since = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["credential", "model"], name="models_trouble_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.credential_id}: {self.kind}"


class WorkspaceModel(models.Model):
    """A model the workspace added to a provider, or what it has changed of one of the catalogue (`of_catalogue`)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="models")
    provider = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    type = models.CharField(max_length=32)
    context_tokens = models.PositiveIntegerField(default=4096)
    max_output_tokens = models.PositiveIntegerField(null=True, blank=True)
    dimensions = models.PositiveIntegerField(null=True, blank=True, help_text="Of embedding vectors.")
    features = models.JSONField(default=list, blank=True)
    properties = models.JSONField(default=dict, blank=True, help_text="What else is known: mode, voices ...")
    encrypted = models.BinaryField(null=True, editable=False, help_text="Credentials of this model alone.")
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "provider", "type", "name"], name="models_model_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.provider}/{self.name}"


class DefaultModel(models.Model):
    """The model of a type that is used where nothing is chosen."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="default_models")
    type = models.CharField(max_length=32)
    provider = models.CharField(max_length=64)
    name = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "type"], name="models_default_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.type}: {self.provider}/{self.name}"


class FallbackChain(models.Model):
    """The models that stand in for one of a type that does not answer: `{provider, name}`, the first one first."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="fallback_chains")
    type = models.CharField(max_length=32)
    chain = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "type"], name="models_chain_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.type}: {len(self.chain)}"
