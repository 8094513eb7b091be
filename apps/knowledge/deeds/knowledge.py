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
        "dataset.describe": _("{who} had the description of {what} written"),
        "dataset.cancel_change": _("{who} called off the change of index of {what}"),
        "dataset.retry_change": _("{who} began the change of index of {what} again"),
        "dataset.sync_interval": _("{who} set how often {what} looks at its sources"),
        "dataset.export": _("{who} exported the knowledge base {what}"),
        "dataset.import": _("{who} imported the knowledge base {what}"),
        "dataset.migrate": _("{who} brought the knowledge base {what} over from another product"),
        "metadata.create": _("{who} added a metadata field to {what}"),
        "metadata.rename": _("{who} renamed a metadata field of {what}"),
        "metadata.delete": _("{who} deleted a metadata field of {what}"),
        "metadata.set": _("{who} changed metadata of documents of {what}"),
        "metadata.built_in": _("{who} switched the built-in metadata of {what}"),
        "segment.import": _("{who} had segments of a file added to {what}"),
        "external_api.create": _("{who} connected the knowledge service {what}"),
        "external_api.update": _("{who} changed the knowledge service {what}"),
        "external_api.delete": _("{who} removed the knowledge service {what}"),
        "source.connect": _("{who} connected the data source {what}"),
        "source.enable": _("{who} switched the data source {what} on"),
        "source.disable": _("{who} switched the data source {what} off"),
        "source.remove": _("{who} removed the data source {what}"),
        "crawl.create": _("{who} had pages of a web site read"),
        "crawl.stop": _("{who} stopped the reading of a web site"),
        "crawl.retry": _("{who} had pages of a web site read again"),
        "document.sync": _("{who} had the document {what} read again from its source"),
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
