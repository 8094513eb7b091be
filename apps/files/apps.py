"""Uploads and where their bytes lie."""

from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "apps.files"
