"""Removes an app's triggers."""

from uuid import UUID

from apps.prompts.contracts import AppCleanup, app_cleanups
from apps.workflows.services.triggers import delete_triggers


@app_cleanups.register
class TriggersCleanup(AppCleanup):
    """Before anything else, so that nothing starts any more."""

    key, label = "triggers", "Triggers"

    def stop(self, app_id: UUID) -> None:
        """From here on nothing fires."""
        delete_triggers(app_id=app_id)

    def clean(self, app_id: UUID) -> None:
        """What was made since."""
        delete_triggers(app_id=app_id)
