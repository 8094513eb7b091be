"""What can go wrong with triggers."""

from apps.common.errors import AppError, NotFound


class TriggerNotFound(NotFound):
    default_message = "There is no such webhook, or it is switched off or not published."


class InvalidSignature(AppError):
    code = "invalid_signature"
    http_status = 401
    default_message = (
        "The webhook wants signed requests: send webhook-id, webhook-timestamp and webhook-signature, made with its "
        "secret over the body as it is sent."
    )


class StartedByTriggers(AppError):
    code = "started_by_triggers"
    default_message = "This workflow has no start node: its triggers start it. Call the webhook's address instead."


class TriggeredRunFailed(AppError):
    """The run that a sender waited for has failed."""

    code = "workflow_run_failed"
    http_status = 500
    default_message = "The workflow failed."
