"""Background work: a wake-up only, the documents' rows say what there is to do."""

from celery import shared_task

from apps.common.perloop import run

from .services.indexing import index_pending


@shared_task(name="knowledge.index", ignore_result=True)
def index() -> int:
    """Indexes what waits; harmless where nothing does."""
    return run(index_pending())
