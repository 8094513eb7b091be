"""Background work of the logs."""

from celery import shared_task

from .services.reap import reap_runs


@shared_task(name="logs.reap_runs", ignore_result=True)
def reap() -> None:
    """Ends runs whose process died."""
    reap_runs()
