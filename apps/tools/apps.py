"""Tools that flows and agents use."""

from django.apps import AppConfig


class ToolsConfig(AppConfig):
    name = "apps.tools"
