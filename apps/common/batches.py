"""Deleting many rows without holding locks for long."""

from collections.abc import Callable
from typing import TypeVar

from django.db import models, transaction

M = TypeVar("M", bound=models.Model)
BATCH_ROWS = 500  # of one transaction
READ_ROWS = 20_000  # whose keys are read at once: each reading passes over all that was deleted before it


def delete_in_batches(
    rows: "models.QuerySet[M]", *, before: "Callable[[models.QuerySet[M]], None]" = lambda batch: None
) -> None:
    """Deletes rows with all that hangs on them, some hundred in each transaction.

    Args:
        before: what else goes with a batch, in its transaction.
    """
    while ids := list(rows.order_by().values_list("pk", flat=True)[:READ_ROWS]):
        for start in range(0, len(ids), BATCH_ROWS):
            batch = rows.model._default_manager.filter(pk__in=ids[start : start + BATCH_ROWS])
            with transaction.atomic():
                # Nobody can hang something on a locked row, between the deletion of what hung on it and its own.
                list(batch.order_by("pk").select_for_update().values_list("pk", flat=True))
                before(batch)
                batch.only("pk").delete()
