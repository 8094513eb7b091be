"""Removes the values with which an app's draft was tried out."""

from uuid import UUID

from apps.prompts.contracts import AppCleanup, app_cleanups
from apps.workflows.services.values import delete_values


@app_cleanups.register
class ValuesCleanup(AppCleanup):
    """Everybody's."""

    key, label = "values", "Values of drafts"

    def clean(self, app_id: UUID) -> None:
        """In small transactions."""
        delete_values(app_id=app_id)
