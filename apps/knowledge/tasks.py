"""Background work: a wake-up only, the documents' rows say what there is to do."""

from celery import shared_task

from apps.common.perloop import run

from .services.index_changes import run_changes
from .services.indexing import index_pending


@shared_task(name="knowledge.index", ignore_result=True)
def index() -> int:
    """Indexes what waits; harmless where nothing does."""
    return run(index_pending())


@shared_task(name="knowledge.change_indexes", ignore_result=True)
def change_indexes() -> int:
    """Makes the vectors of bases that are to have another model; harmless where none is."""
    return run(run_changes())
