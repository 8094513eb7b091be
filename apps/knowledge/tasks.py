"""Background work: a wake-up only, the documents' rows say what there is to do."""

from celery import shared_task

from apps.common.perloop import run

from .services.indexing import index_pending
from .services.search_indexes import tend_indexes


@shared_task(name="knowledge.index", ignore_result=True)
def index() -> int:
    """Indexes what waits; harmless where nothing does."""
    return run(index_pending())


@shared_task(name="knowledge.tend_indexes", ignore_result=True)
def tend_indexes_of_large_bases() -> int:
    """Makes and drops indexes of large bases; harmless where none is due."""
    return run(tend_indexes())
