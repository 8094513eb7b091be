"""What ends a call because of money."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from apps.common.errors import AppError

HOLD_REFUSED: Final = "BU001"  # the SQLSTATE that `billing_hold` raises
_SCOPES: Final = {
    "workspace": "this workspace",
    "app": "this app",
    "api_key": "this API key",
    "end_user": "this user",
}
_PERIODS: Final = {"day": "daily", "month": "monthly"}


class BudgetExceeded(AppError):
    """A budget with the action `stop` does not cover what was asked. Waiting a little does not help."""

    code = "budget_exceeded"
    http_status = 429
    default_message = "A budget does not cover this request."

    @classmethod
    def of(cls, scope: str, period: str) -> "BudgetExceeded":
        """Of a budget, by the values of its scope and period; the sentence names no amounts."""
        begins = next_start(period, datetime.now(UTC).date())
        return cls(
            f"What is left of the {_PERIODS[period]} budget of {_SCOPES[scope]} does not cover this request. "
            f"It starts anew on {begins.isoformat()} at 00:00 UTC."
        )


class TrialUsedUp(AppError):
    """All calls of a hosted provider that the workspace was given are used."""

    code = "provider_quota_exceeded"
    default_message = (
        "Your quota for the hosted model provider has been exhausted. Please go to Settings -> Model Provider to "
        "complete your own provider credentials."
    )


def next_start(period: str, today: date) -> date:
    """The first day of the period after the one that holds a day (UTC)."""
    if period == "day":
        return today + timedelta(days=1)
    return (today.replace(day=1) + timedelta(days=32)).replace(day=1)
