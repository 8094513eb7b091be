"""What end users uploaded."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from apps.common.fsck import EXAMPLES, Finding, FsckCheck, fsck_checks
from apps.files.models import UploadFile
from apps.files.services.uploads import delete_uploads, unused
from apps.prompts.models import EndUser


@fsck_checks.register
class UploadsCheck(FsckCheck):
    """Deleting an app deletes what its end users uploaded; unless something else stands on it, such as a document."""

    key, label = "prompts.uploads", "Uploads of end users"

    def find(self) -> Iterator[Finding]:
        """Uploads of nobody."""
        ids = [str(id) for id in _of_nobody().order_by("pk").values_list("pk", flat=True)]
        if ids:
            message = "Uploads whose end user does not exist any more."
            yield Finding("of_nobody", message, len(ids), ids[:EXAMPLES], repairable=True)

    def repair(self, problem: str) -> None:
        """Deletes them."""
        delete_uploads(_of_nobody())


def _of_nobody() -> "QuerySet[UploadFile]":
    """An upload comes before its end user's row; a day later that is there."""
    known = EndUser.objects.filter(pk=OuterRef("created_by_end_user"))
    old = timezone.now() - timedelta(days=1)
    rows = UploadFile.objects.filter(created_by_end_user__isnull=False, created_at__lt=old)
    return unused(rows.filter(~Exists(known)))
