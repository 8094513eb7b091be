"""Knowledge bases: import, segmentation, indexing, retrieval."""

from django.apps import AppConfig


class KnowledgeConfig(AppConfig):
    name = "apps.knowledge"
