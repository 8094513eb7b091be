"""Background work of triggers."""

from celery import shared_task

from .services.firings import forget_old_firings


@shared_task(name="workflows.forget_firings", ignore_result=True)
def forget_firings() -> None:
    """Removes what was fired long ago."""
    forget_old_firings()
