"""Documents to answer from."""

from collections.abc import Sequence

from django.utils.translation import gettext_noop as _

from apps.knowledge.models import Dataset, Document
from apps.workspaces.contracts import FirstStep, first_steps
from apps.workspaces.models import Workspace


@first_steps.register
class AddKnowledge(FirstStep):
    """A base with a document; one that is kept elsewhere has none here."""

    key, position, place = "knowledge", 20, "knowledge"
    label, hint = _("Add knowledge"), _("Upload documents that answers are to rest on.")

    def is_done(self, *, workspace: Workspace, demo_ids: Sequence[str]) -> bool:
        """There is a document, or a base kept elsewhere."""
        documents = Document.objects.filter(workspace=workspace).exclude(dataset_id__in=demo_ids)
        return (
            documents.exists() or Dataset.objects.filter(workspace=workspace, external_api__isnull=False).exists()
        )  # fmt: skip
