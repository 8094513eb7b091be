"""Closed sets of this app."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Admin")
    EDITOR = "editor", _("Editor")
    NORMAL = "normal", _("Normal")
    DATASET_OPERATOR = "dataset_operator", _("Knowledge operator")


class WorkspaceStatus(TextChoices):
    NORMAL = "normal", "Normal"
    ARCHIVED = "archived", "Archived"


class TagKind(TextChoices):
    APP = "app", "App"
    KNOWLEDGE = "knowledge", "Knowledge"
