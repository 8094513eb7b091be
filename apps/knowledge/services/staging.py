"""What a vector store holds, read page by page into a temporary table of this connection."""

import math
import re
import struct
from collections.abc import Callable, Collection, Coroutine, Sequence
from typing import Any, Final, TypeVar
from uuid import UUID, uuid5

from django.db import connection, transaction

from apps.common.ids import parse_uuid
from apps.common.perloop import run
from apps.common.text import storable
from apps.knowledge.errors import VectorStoreFailed
from apps.knowledge.store_contracts import Point, VectorStore

from . import copying

T = TypeVar("T")
Tell = Callable[[str, int, int], None]
# How the original names the collection of a base, or of the first of several that share it.
NAMES: Final = re.compile(r"vector_index_([0-9a-f]{8}(?:_[0-9a-f]{4}){3}_[0-9a-f]{12})_node", re.IGNORECASE)
HALF_MAX: Final = 65504.0  # IEEE 754, binary16
_TABLE: Final = "staged (dataset_id, document_id, id, content, vector)"
_MAKE: Final = "create temp table staged (dataset_id uuid, document_id uuid, id uuid, content text, vector bytea)"


def stage(store: VectorStore, wanted: Collection[UUID] | None, tell: Tell) -> int:
    """Fills the table `staged`; returns how many points are of no use: without text, vector or document.

    No transaction is open while the store is asked.

    Args:
        wanted: ids of bases; None: all.
        tell: hears of a collection how many of how many points have been read.

    Raises:
        VectorStoreFailed, OutboundError.
    """
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists staged")
        cursor.execute(_MAKE)
    names = _answer(store, store.collections())
    return sum(_collection(store, name, wanted, tell) for name in sorted(filter(NAMES.fullmatch, names)))


def _collection(store: VectorStore, name: str, wanted: Collection[UUID] | None, tell: Tell) -> int:
    [id] = NAMES.findall(name)
    fallback = UUID(id.replace("_", "-"))
    total, done, skipped, place = _answer(store, store.count(name)), 0, 0, None
    while total:
        page = _answer(store, store.page(name, place))
        rows = [row for point in page.points if (row := _row(point, fallback))]
        skipped += len(page.points) - len(rows)
        with transaction.atomic(), connection.cursor() as cursor:
            copying.copy_batch(cursor, _TABLE, (row for key, row in rows if wanted is None or key in wanted))
        done += len(page.points)
        tell(name, done, total)
        place = page.cursor
        if place is None:
            break
    if done < total:
        raise VectorStoreFailed(f"Only {done} of the {total} points of {name} could be read. Run it again.")
    return skipped


def _answer(store: VectorStore, asked: Coroutine[Any, Any, T]) -> T:
    try:
        return run(asked)
    except (KeyError, IndexError, TypeError, AttributeError, StopIteration, RuntimeError, ValueError) as error:
        raise VectorStoreFailed(f"What answers at this address is not {store.label} as it is known here.") from error


def _row(point: Point, fallback: UUID) -> tuple[UUID, Sequence[bytes]] | None:
    document_id = parse_uuid(point.document_id)
    content = storable(point.content).strip()
    if document_id is None or not content or point.vector is None:
        return None
    if not all(math.isfinite(value) and abs(value) <= HALF_MAX for value in point.vector):
        return None
    dataset_id = parse_uuid(point.dataset_id) or fallback
    return dataset_id, (
        copying.uuid(dataset_id),
        copying.uuid(document_id),
        copying.uuid(uuid5(dataset_id, point.id)),  # the same at each run
        copying.text(content),
        struct.pack(f">{len(point.vector)}e", *point.vector),
    )
