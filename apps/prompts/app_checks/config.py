"""Warns of what keeps a configuration from being published."""

from collections.abc import Mapping
from typing import Any

from apps.prompts.contracts import AppCheck, app_checks
from apps.prompts.validation import validate_config
from apps.workspaces.models import Workspace


@app_checks.register
class ConfigCheck(AppCheck):
    """A file of elsewhere is taken as it is; it has to be put right before it goes live."""

    key, label = "config", "Configuration"

    def warnings(self, *, workspace: Workspace, mode: str, config: Mapping[str, Any]) -> list[str]:
        """The sentence of each problem."""
        return [problem.message for problem in validate_config(mode, config)]
