"""What upper apps add to an app's life: checks of its configuration when it is imported or published."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from apps.common.registry import Registry
from apps.workspaces.models import Workspace


class AppCheck(ABC):
    """Looks at a configuration before it is stored; one class for each thing that can be wrong."""

    key: ClassVar[str]
    label: ClassVar[str]

    @abstractmethod
    def warnings(self, *, workspace: Workspace, mode: str, config: Mapping[str, Any]) -> list[str]:
        """Sentences about what will not work in this workspace as it is now (missing knowledge, models, tools)."""


app_checks: Registry[AppCheck] = Registry("app check", "app_checks", AppCheck)  # type: ignore[type-abstract]  # only subclasses are made


def check_config(*, workspace: Workspace, mode: str, config: Mapping[str, Any]) -> list[str]:
    """The warnings of every installed check."""
    return [
        warning
        for check in app_checks.all().values()
        for warning in check().warnings(workspace=workspace, mode=mode, config=config)
    ]
