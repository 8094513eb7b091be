"""Tables of apps, their versions, keys and end users."""

import secrets
import string
import uuid

from django.db import models
from django.utils import timezone

from apps.common.ids import new_id
from apps.workspaces.models import User, Workspace

from .choices import PROMPT_MODES, AppMode, InvokeFrom, TokenKind

END_USER_NAMESPACE = uuid.UUID("5f0c5a86-6a86-4d2c-9c4e-2d7b3a1f9e10")


def new_site_code() -> str:
    alphabet = string.ascii_letters + string.digits
    return "".join(secrets.choice(alphabet) for _ in range(16))


class App(models.Model):
    """An app of any mode; what it does stands in its versions."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="apps")
    name = models.CharField(max_length=255)
    mode = models.CharField(max_length=16, choices=AppMode)
    description = models.TextField(blank=True)
    icon_type = models.CharField(max_length=16, default="emoji")
    icon = models.CharField(max_length=255, default="🤖")
    icon_background = models.CharField(max_length=16, default="#dff1f5")
    use_icon_as_answer_icon = models.BooleanField(default=False)
    enable_site = models.BooleanField(default=True)
    enable_api = models.BooleanField(default=True)
    site_code = models.CharField(max_length=32, unique=True, default=new_site_code)
    draft = models.ForeignKey("AppVersion", models.PROTECT, null=True, related_name="+")
    published = models.ForeignKey("AppVersion", models.PROTECT, null=True, related_name="+")
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["workspace", "-created_at"], name="prompts_app_recent")]

    def __str__(self) -> str:
        return self.name

    @property
    def has_prompt(self) -> bool:
        """Whether it is written on the orchestrate page."""
        return self.mode in PROMPT_MODES

    @property
    def has_chat(self) -> bool:
        """Whether it can be talked to in the console; what is no workflow can."""
        return self.mode != AppMode.WORKFLOW


class Site(models.Model):
    """How an app's public page looks; an app without a row looks as its name and icon say."""

    app = models.OneToOneField(App, models.CASCADE, primary_key=True, related_name="site")
    title = models.CharField(max_length=255, blank=True)
    description = models.TextField(blank=True)
    icon_type = models.CharField(max_length=16, blank=True)
    icon = models.CharField(max_length=255, blank=True)
    icon_background = models.CharField(max_length=16, blank=True)
    default_language = models.CharField(max_length=16, default="en-US")
    chat_color_theme = models.CharField(max_length=16, blank=True, help_text="#rrggbb; empty: the product's accent")
    chat_color_theme_inverted = models.BooleanField(default=False)
    copyright = models.CharField(max_length=255, blank=True)
    privacy_policy = models.CharField(max_length=2048, blank=True, help_text="address of the policy")
    custom_disclaimer = models.CharField(max_length=512, blank=True)
    input_placeholder = models.CharField(max_length=64, blank=True)
    show_workflow_steps = models.BooleanField(default=True)
    prompt_public = models.BooleanField(default=False)
    allowed_origins = models.JSONField(default=list, help_text="sites that may embed it; empty: all")
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.title


class AppTemplate(models.Model):
    """An app that a team keeps as a model for further ones: its app file, without secrets."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="app_templates")
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    category = models.CharField(max_length=50, blank=True)
    mode = models.CharField(max_length=16, choices=AppMode)
    icon_type = models.CharField(max_length=16, default="emoji")
    icon = models.CharField(max_length=255, blank=True)
    icon_background = models.CharField(max_length=16, blank=True)
    content = models.TextField(help_text="the app file")
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["workspace", "-created_at"], name="prompts_template_recent")]

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """What names it among all templates, shipped ones included."""
        return str(self.pk)


class AppVersion(models.Model):
    """An immutable configuration. The app points at its draft and its published version.

    `config` is the DSL's `model_config` or `workflow` map, with knowledge ids in plain form.
    Publishing marks the row and may give it a note; nothing else of it ever changes.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    app = models.ForeignKey(App, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(help_text="1, 2, 3 ... within the app")
    config = models.JSONField()
    is_release = models.BooleanField(default=False, help_text="was published at some time; never pruned")
    note = models.CharField(max_length=255, blank=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "number"], name="prompts_version_number")]

    def __str__(self) -> str:
        return f"version {self.number}"


class ApiToken(models.Model):
    """A bearer key of the service API. Only its SHA-256 is kept: 143 random bits need no slow hash."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    app = models.ForeignKey(App, models.CASCADE, null=True, related_name="tokens")
    kind = models.CharField(max_length=16, choices=TokenKind)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=32, help_text="first and last characters, to recognise it")
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.hint


class EndUser(models.Model):
    """Somebody an app's caller named. The id follows from app, kind and session, so no look-up is needed."""

    id = models.UUIDField(primary_key=True, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+")
    app = models.ForeignKey(App, models.CASCADE, related_name="end_users")
    kind = models.CharField(max_length=16, choices=InvokeFrom)
    session_id = models.CharField(max_length=255)
    is_anonymous = models.BooleanField(default=False)
    name = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.session_id


def end_user_id(app_id: uuid.UUID, kind: str, session_id: str) -> uuid.UUID:
    """The id of the end user whom callers of `kind` name `session_id`."""
    return uuid.uuid5(END_USER_NAMESPACE, f"{app_id}/{kind}/{session_id}")
