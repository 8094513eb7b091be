"""Takes a deleted app out of usage and budgets."""

from uuid import UUID

from apps.billing.services.forgetting import forget_app
from apps.prompts.contracts import AppCleanup, app_cleanups
from apps.prompts.models import ApiToken, EndUser


@app_cleanups.register
class UsageCleanup(AppCleanup):
    """What it has cost stays, as cost of no app."""

    key, label = "usage", "Usage and budgets"

    def clean(self, app_id: UUID) -> None:
        """Its budgets too, and those of its keys and end users."""
        forget_app(app_id, (ApiToken.objects.filter(app_id=app_id), EndUser.objects.filter(app_id=app_id)))
