"""Closed sets of this app."""

from django.db.models import TextChoices


class Role(TextChoices):
    OWNER = "owner", "Owner"
    ADMIN = "admin", "Admin"
    EDITOR = "editor", "Editor"
    NORMAL = "normal", "Normal"
    DATASET_OPERATOR = "dataset_operator", "Knowledge operator"


class WorkspaceStatus(TextChoices):
    NORMAL = "normal", "Normal"
    ARCHIVED = "archived", "Archived"


class TagKind(TextChoices):
    APP = "app", "App"
    KNOWLEDGE = "knowledge", "Knowledge"
