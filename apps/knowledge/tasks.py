"""Background work: a wake-up only, the documents' rows say what there is to do."""

from celery import shared_task

from apps.common import jobs
from apps.common.perloop import run

from .services import describing
from .services.crawling import crawl_pending
from .services.index_changes import run_changes
from .services.indexing import index_pending
from .services.search_indexes import tend_indexes
from .services.sync import sync_due


@shared_task(name="knowledge.index", ignore_result=True)
def index() -> int:
    """Indexes what waits; harmless where nothing does."""
    if taken := run(index_pending()):
        jobs.enqueue(describing.TASK)
    return taken


@shared_task(name=describing.TASK, ignore_result=True)
def describe() -> int:
    """Describes the bases that need it; harmless where none does."""
    return describing.describe_pending()


@shared_task(name="knowledge.sync", ignore_result=True)
def sync() -> int:
    """Looks at the sources of documents that are due."""
    return len(sync_due())


@shared_task(name="knowledge.crawl", ignore_result=True)
def crawl() -> int:
    """Goes on with crawls."""
    return run(crawl_pending())


@shared_task(name="knowledge.change_indexes", ignore_result=True)
def change_indexes() -> int:
    """Makes the vectors of bases that are to have another model; harmless where none is."""
    return run(run_changes())


@shared_task(name="knowledge.tend_indexes", ignore_result=True)
def tend_indexes_of_large_bases() -> int:
    """Makes and drops indexes of large bases; harmless where none is due."""
    return run(tend_indexes())
