"""Knowledge bases whose vectors or order come from a model."""

from collections.abc import Sequence

from django.db.models import Q
from django.utils.translation import gettext_noop as _

from apps.knowledge.models import Dataset
from apps.models.uses import ModelUse, model_uses
from apps.workspaces.models import Workspace


@model_uses.register
class Bases(ModelUse):
    """By their embedding and their rerank model."""

    key, label = "bases", _("Knowledge bases")

    def names(self, *, workspace: Workspace, provider: str) -> Sequence[str]:
        """In order of the alphabet."""
        reranked = Q(retrieval_model__reranking_model__reranking_provider_name=provider)
        named = Q(embedding_provider=provider) | reranked
        return list(Dataset.objects.filter(named, workspace=workspace).order_by("name").values_list("name", flat=True))
