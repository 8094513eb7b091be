"""Model providers, their credentials and drivers."""

from django.apps import AppConfig


class ModelsConfig(AppConfig):
    name = "apps.models"
