"""Conversations, messages and their one writer."""

from django.apps import AppConfig


class LogsConfig(AppConfig):
    name = "apps.logs"
