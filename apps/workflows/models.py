"""Tables of triggers, and of the values with which members try drafts out."""

import secrets

from django.db import models
from django.utils import timezone

from apps.common.ids import new_id
from apps.prompts.models import App
from apps.workspaces.models import User

from .choices import FiringStatus, Missed, ValueSource


def new_token() -> str:
    """A part of an address that cannot be guessed: 192 bits."""
    return secrets.token_urlsafe(24)


class Trigger(models.Model):
    """A trigger node of an app. Addresses, secret and switches outlive its versions; `data` is the published one's.

    It is live while `version_id` is the app's published version.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace_id = models.UUIDField()
    app = models.ForeignKey(App, models.CASCADE, related_name="triggers")
    node_id = models.CharField(max_length=255)
    kind = models.CharField(max_length=64, help_text="the node's type")
    title = models.CharField(max_length=255, blank=True)
    version_id = models.UUIDField(null=True, help_text="the published version it is in; empty: in none")
    data = models.JSONField(default=dict, help_text="the node's settings in that version")
    is_enabled = models.BooleanField(default=True)
    missed = models.CharField(max_length=8, choices=Missed, default=Missed.ONCE)
    next_run_at = models.DateTimeField(null=True)
    token = models.CharField(max_length=64, unique=True, default=new_token)
    debug_token = models.CharField(max_length=64, unique=True, default=new_token)
    secret = models.BinaryField(null=True, help_text="sealed; where there is one, requests must be signed")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "node_id"], name="workflows_trigger_node")]
        indexes = [
            models.Index(
                fields=["next_run_at"], condition=models.Q(next_run_at__isnull=False), name="workflows_trigger_due"
            )
        ]

    def __str__(self) -> str:
        return self.title or self.node_id


class Firing(models.Model):
    """One due moment or one delivery: its id is that of the run it starts, of which there is therefore one at most."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    trigger = models.ForeignKey(Trigger, models.CASCADE, related_name="firings", db_index=False)
    key = models.CharField(max_length=255, help_text="the moment, or what the sender calls the delivery")
    status = models.CharField(max_length=16, choices=FiringStatus, default=FiringStatus.WAITING)
    error = models.TextField(blank=True)
    answer = models.JSONField(null=True, help_text="what the sender was answered: status and body")
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_owner = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["trigger", "key"], name="workflows_firing_once")]
        indexes = [
            models.Index(fields=["trigger", "-created_at"], name="workflows_firing_recent"),
            models.Index(fields=["created_at"], name="workflows_firing_age"),
            models.Index(fields=["lease_until"], condition=models.Q(status="waiting"), name="workflows_firing_waiting"),
        ]

    def __str__(self) -> str:
        return self.key


class NodeValue(models.Model):
    """What a node of a draft brings for a member who tries it out, where that is not what it brought in a run.

    The row without a node says since when the member's runs count: what was there before was reset.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace_id = models.UUIDField()
    app = models.ForeignKey(App, models.CASCADE, related_name="node_values")
    account = models.ForeignKey(User, models.CASCADE, related_name="+")
    node_id = models.CharField(max_length=255, blank=True)
    source = models.CharField(max_length=8, choices=ValueSource)
    is_pinned = models.BooleanField(default=False, help_text="the node does not run, it brings this")
    outputs = models.JSONField(default=dict, help_text="without secrets")
    details = models.JSONField(default=dict, help_text="of a node that ran alone: what its last event had besides")
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["app", "account", "node_id"], name="workflows_node_value_once"),
        ]

    def __str__(self) -> str:
        return self.node_id or "reset"
