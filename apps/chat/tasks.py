"""Background work of this app: a wake-up only, the audit trail says whether there is something to do."""

from celery import shared_task

from apps.workflows.services.firings import TASK

from .resuming import resume_waiting
from .services.demo import fill_demo
from .triggered import fire


@shared_task(name="demo.fill", ignore_result=True)
def fill() -> bool:
    """Fills a fresh installation with its demo; harmless where none is wanted."""
    return fill_demo()


@shared_task(name=TASK, ignore_result=True)
def fire_triggers() -> int:
    """Starts the runs of schedules that are due; harmless where none is."""
    return fire()


@shared_task(name="chat.resume_runs", ignore_result=True)
def resume_runs() -> int:
    """Goes on with paused runs whose forms expired, or were filled in while nobody listened."""
    return resume_waiting()
