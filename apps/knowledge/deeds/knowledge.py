"""Deeds about knowledge."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.utils.translation import gettext_noop as _

from apps.knowledge.models import Dataset, Document
from apps.workspaces.contracts import Deeds, deeds


@deeds.register
class Knowledge(Deeds):
    """Knowledge bases and documents."""

    key, label = "knowledge", _("Knowledge")
    sentences = {
        "dataset.create": _("{who} created the knowledge base {what}"),
        "dataset.update": _("{who} changed the knowledge base {what}"),
        "dataset.delete": _("{who} deleted the knowledge base {what}"),
        "document.create": _("{who} added the document {what}"),
        "document.update": _("{who} changed the document {what}"),
        "document.delete": _("{who} deleted the document {what}"),
        "document.enable": _("{who} switched the document {what} on"),
        "document.disable": _("{who} switched the document {what} off"),
        "document.archive": _("{who} archived the document {what}"),
        "document.un_archive": _("{who} took the document {what} out of the archive"),
    }

    @classmethod
    def names(cls, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """Of bases and documents."""
        bases = Dataset.objects.filter(pk__in=ids).values_list("pk", "name")
        return dict(bases) | dict(Document.objects.filter(pk__in=ids).values_list("pk", "name"))
