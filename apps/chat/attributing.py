"""On whose behalf calls of models are made, in runs and beside them."""

from apps.billing.attribution import attribute
from apps.billing.holds import RunHold
from apps.prompts.callers import Access

from .state import TurnRequest


def attribute_run(request: TurnRequest, hold: RunHold) -> None:
    """For the running task, which is the run's."""
    caller = request.caller
    attribute(app_id=request.app.app_id, api_key_id=caller.api_key_id, end_user_id=caller.end_user_id, hold=hold)


def attribute_access(access: Access) -> None:
    """For the running task, which is that of a request outside of runs."""
    caller = access.caller
    attribute(app_id=access.app.app_id, api_key_id=caller.api_key_id, end_user_id=caller.end_user_id)
