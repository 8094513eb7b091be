"""What upper apps add to an app's life: checks of its configuration, and what is to be removed with it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from apps.common.registry import Registry
from apps.workspaces.models import User, Workspace

from .errors import InvalidAppConfig
from .models import App, AppVersion


class AppCheck(ABC):
    """Looks at a configuration before it is stored; one class for each thing that can be wrong."""

    key: ClassVar[str]
    label: ClassVar[str]

    @abstractmethod
    def warnings(self, *, workspace: Workspace, mode: str, config: Mapping[str, Any]) -> list[str]:
        """Sentences about what will not work in this workspace as it is now (missing knowledge, models, tools)."""

    def faults(self, *, mode: str, config: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        """What keeps a configuration from being published: code, sentence and field of each."""
        return []

    def advice(self, *, mode: str, config: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        """What an author should look at though it can be published: code, sentence and field of each."""
        return []

    def without_foreign(self, *, workspace: Workspace, mode: str, config: Mapping[str, Any]) -> Mapping[str, Any]:
        """A file's configuration without what means something only where the file comes from."""
        return config

    def refusals(
        self, *, user: User, workspace: Workspace, config: Mapping[str, Any], known: Sequence[Mapping[str, Any]]
    ) -> list[tuple[str, str, str]]:
        """What this person may not put into an app: code, sentence and field of each.

        Args:
            known: configurations whose parts the person may keep: the app's own, or those of the app it is copied from.
        """
        return []


app_checks: Registry[AppCheck] = Registry("app check", "app_checks", AppCheck)  # type: ignore[type-abstract]  # only subclasses are made


def check_config(*, workspace: Workspace, mode: str, config: Mapping[str, Any]) -> list[str]:
    """The warnings of every installed check."""
    return [
        warning
        for check in app_checks.all().values()
        for warning in check().warnings(workspace=workspace, mode=mode, config=config)
    ]


def faults_of(*, mode: str, config: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What keeps a configuration from being published: code, sentence and field of each."""
    return [fault for check in app_checks.all().values() for fault in check().faults(mode=mode, config=config)]


def require_faultless(*, mode: str, config: Mapping[str, Any]) -> None:
    """Raises InvalidAppConfig with every fault that any check finds."""
    found = faults_of(mode=mode, config=config)
    if found:
        raise InvalidAppConfig(found)


def advice_on(*, mode: str, config: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What any check advises: code, sentence and field of each."""
    return [one for check in app_checks.all().values() for one in check().advice(mode=mode, config=config)]


def without_foreign(*, workspace: Workspace, mode: str, config: Mapping[str, Any]) -> Mapping[str, Any]:
    """A file's configuration as it is stored in this workspace."""
    for check in app_checks.all().values():
        config = check().without_foreign(workspace=workspace, mode=mode, config=config)
    return config


def require_allowed(
    *, user: User, workspace: Workspace, config: Mapping[str, Any], known: Sequence[Mapping[str, Any]]
) -> None:
    """Raises InvalidAppConfig: the configuration uses what this person may not use."""
    checks = [check() for check in app_checks.all().values()]
    refused = [
        problem
        for check in checks
        for problem in check.refusals(user=user, workspace=workspace, config=config, known=known)
    ]
    if refused:
        raise InvalidAppConfig(refused)


class AppCleanup(ABC):
    """Removes what an upper app keeps of an app, in tables the app's row is not tied to by foreign keys.

    Both methods may be called again: a deletion that broke off is repeated, and each one ends with a second round
    for what runs under way have written in the meantime.
    """

    key: ClassVar[str]
    label: ClassVar[str]

    def stop(self, app_id: UUID) -> None:  # noqa: B027 - most keep nothing that runs
        """Ends what is under way; called for all before the first `clean`."""

    @abstractmethod
    def clean(self, app_id: UUID) -> None:
        """Removes rows and bytes, in transactions of a few hundred rows each: others' writes must not wait."""


app_cleanups: Registry[AppCleanup] = Registry("app cleanup", "app_cleanups", AppCleanup)  # type: ignore[type-abstract]  # only subclasses are made


class PublishFollower(ABC):
    """Brings what an upper app keeps of an app's published version up to date."""

    key: ClassVar[str]
    label: ClassVar[str]

    @abstractmethod
    def follow(self, *, app: App, version: AppVersion) -> None:
        """Called when a version goes live, in that transaction and with the app's row locked."""


publish_followers: Registry[PublishFollower] = Registry("publish follower", "publish_followers", PublishFollower)  # type: ignore[type-abstract]  # only subclasses are made


def follow_publish(*, app: App, version: AppVersion) -> None:
    """Tells every follower that a version goes live."""
    for follower in publish_followers.all().values():
        follower().follow(app=app, version=version)
