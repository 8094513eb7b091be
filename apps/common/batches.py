"""Deleting many rows without holding locks for long."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from django.db import models, transaction

M = TypeVar("M", bound=models.Model)
BATCH_ROWS = 500


def batches_of(rows: "models.QuerySet[M]", size: int = BATCH_ROWS) -> "Iterator[models.QuerySet[M]]":
    """The rows by the hundreds, each time those that are there still; whoever asks deletes them before going on."""
    while ids := list(rows.order_by().values_list("pk", flat=True)[:size]):
        yield rows.model._default_manager.filter(pk__in=ids)


def delete_in_batches(
    rows: "models.QuerySet[M]", *, before: "Callable[[models.QuerySet[M]], None]" = lambda batch: None
) -> None:
    """Deletes rows with all that hangs on them, some hundred in each transaction.

    Args:
        before: what else goes with a batch, in its transaction.
    """
    for batch in batches_of(rows):
        with transaction.atomic():
            before(batch)
            batch.only("pk").delete()
