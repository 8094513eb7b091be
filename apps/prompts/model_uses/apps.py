"""Apps that name a model."""

from collections.abc import Sequence

from django.db.models import Q
from django.utils.translation import gettext_noop as _

from apps.models.uses import ModelUse, model_uses
from apps.prompts.models import App
from apps.workspaces.models import Workspace


@model_uses.register
class Apps(ModelUse):
    """By what is published or being written."""

    key, label = "apps", _("Apps")

    def names(self, *, workspace: Workspace, provider: str) -> Sequence[str]:
        """In order of the alphabet."""
        named = Q()
        for version in ("draft", "published"):
            field = f"{version}__config__model__provider"
            named |= Q(**{field: provider}) | Q(**{f"{field}__endswith": f"/{provider}"})
        return list(App.objects.filter(named, workspace=workspace).order_by("name").values_list("name", flat=True))
