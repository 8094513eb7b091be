"""Apps, their versions and keys, end users, prompt assembly."""

from django.apps import AppConfig


class PromptsConfig(AppConfig):
    name = "apps.prompts"
