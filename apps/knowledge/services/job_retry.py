"""Work that was given up, begun again by a person."""

from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction
from django.db.models.functions import Now

from apps.common import jobs
from apps.common.errors import Conflict
from apps.knowledge.choices import CrawlStatus
from apps.knowledge.models import Crawl, IndexChange
from apps.workspaces.models import User
from apps.workspaces.services import audit

from . import crawls, index_changes

_FRESH: Final[Mapping[str, Any]] = {"error": None, "waiting_reason": None, "retry_at": None, "attempt": 0}


def retry_change(*, change: IndexChange, user: User | None = None) -> None:
    """Goes on with a change of a base's index from the vectors there are. Raises Conflict: it was not given up."""
    with transaction.atomic():
        _again(IndexChange.objects.filter(pk=change.pk, error__isnull=False).update(**_FRESH))
        audit.record(
            workspace=change.dataset.workspace, user=user, action="dataset.retry_change", object_type="dataset",
            object_id=change.pk,
        )  # fmt: skip
        jobs.enqueue(index_changes.TASK)


def retry_crawl(*, crawl: Crawl, user: User | None = None) -> None:
    """Goes on with a crawl where it failed, with all its time before it. Raises Conflict: it did not fail."""
    running = {"status": CrawlStatus.RUNNING, "completed_at": None, "created_at": Now()}
    with transaction.atomic():
        _again(Crawl.objects.filter(pk=crawl.pk, status=CrawlStatus.FAILED).update(**_FRESH, **running))
        audit.record(
            workspace=crawl.workspace, user=user, action="crawl.retry", object_type="crawl", object_id=crawl.pk
        )  # fmt: skip
        jobs.enqueue(crawls.TASK)


def _again(changed: int) -> None:
    if not changed:
        raise Conflict("It has not failed, so there is nothing to try again.")
