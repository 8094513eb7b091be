"""A turn of any app type, and the adapters of all ports."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "apps.chat"
