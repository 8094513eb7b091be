"""Finds knowledge bases and documents."""

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext_noop as _

from apps.knowledge.access import visible_to
from apps.knowledge.models import Dataset, Document
from apps.workspaces.contracts import Finder, Found, finders
from apps.workspaces.models import Membership
from apps.workspaces.permissions import KNOWLEDGE_BUILDERS


@finders.register
class Bases(Finder):
    """Knowledge bases the member sees."""

    key, label = "knowledge", _("Knowledge")

    def find(self, *, membership: Membership, words: str, limit: int) -> Sequence[Found]:
        """By name, the newest first."""
        if membership.role not in KNOWLEDGE_BUILDERS:
            return []
        seen = visible_to(membership.user, workspace=membership.workspace)
        found = Dataset.objects.filter(seen, workspace=membership.workspace, name__icontains=words)
        return [
            Found(base.name, reverse("knowledge:base", args=[base.pk]), "library")
            for base in found.order_by("-created_at")[:limit]
        ]


@finders.register
class Documents(Finder):
    """Documents of the bases the member sees."""

    key, label = "documents", _("Documents")

    def find(self, *, membership: Membership, words: str, limit: int) -> Sequence[Found]:
        """By name, the newest first; without words none, for they are many."""
        if membership.role not in KNOWLEDGE_BUILDERS or not words:
            return []
        seen = Dataset.objects.filter(
            visible_to(membership.user, workspace=membership.workspace), workspace=membership.workspace
        )
        found = Document.objects.filter(workspace=membership.workspace, dataset__in=seen, name__icontains=words)
        return [
            Found(
                document.name,
                reverse("knowledge:document", args=[document.dataset_id, document.pk]),
                "file-text",
                document.dataset.name,
            )
            for document in found.select_related("dataset").order_by("-created_at")[:limit]
        ]
