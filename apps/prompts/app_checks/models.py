"""Warns of a model the workspace cannot call."""

from collections.abc import Mapping
from typing import Any

from apps.models.catalogue import canonical_provider
from apps.models.selectors import list_models
from apps.prompts.config import read_config
from apps.prompts.contracts import AppCheck, app_checks
from apps.workspaces.models import Workspace


@app_checks.register
class ModelCheck(AppCheck):
    """An app file names provider and model; credentials are the workspace's own."""

    key, label = "models", "Models"

    def warnings(self, *, workspace: Workspace, mode: str, config: Mapping[str, Any]) -> list[str]:
        """A sentence if the model cannot be used."""
        wanted = read_config(config)
        if not wanted.model:
            return []
        usable = {
            (choice.provider.key, choice.spec.name) for choice in list_models(workspace=workspace, model_type="llm")
        }
        if (canonical_provider(wanted.provider), wanted.model) in usable:
            return []
        return [
            f"The model {wanted.model} of {wanted.provider or 'no provider'} is not set up in this workspace. "
            "Add it under Settings -> Model Provider, or choose another in the app."
        ]
