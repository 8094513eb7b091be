"""Every tenant row carries its workspace, and is found only through it."""

from typing import TypeVar
from uuid import UUID

from django.db import models

from .errors import NotFound
from .ids import parse_uuid

M = TypeVar("M", bound=models.Model)


def get_or_404(queryset: "models.QuerySet[M]", id: UUID | str, message: str = "Not found.") -> M:
    """The row of an already workspace-scoped queryset; a foreign id looks like one that never was.

    Raises:
        NotFound: no such row, or `id` is not a UUID.
    """
    key = id if isinstance(id, UUID) else parse_uuid(id)
    row = queryset.filter(pk=key).first() if key is not None else None
    if row is None:
        raise NotFound(message)
    return row
