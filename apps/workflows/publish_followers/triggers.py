"""Triggers are those of the version that is live."""

from apps.prompts.choices import AppMode
from apps.prompts.contracts import PublishFollower, publish_followers
from apps.prompts.models import App, AppVersion
from apps.workflows.services.triggers import follow_version


@publish_followers.register
class TriggersFollow(PublishFollower):
    """Makes, changes and removes them."""

    key, label = "triggers", "Triggers"

    def follow(self, *, app: App, version: AppVersion) -> None:
        """See the base class."""
        if app.mode == AppMode.WORKFLOW:
            follow_version(app=app, version=version)
