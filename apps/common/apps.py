"""The ground every other app stands on; it has no tables."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "apps.common"
