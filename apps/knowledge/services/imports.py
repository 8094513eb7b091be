"""Items of a source become documents: rows at once, their content fetched by a worker (`sync`)."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from apps.common.errors import InvalidParam
from apps.files.names import MAX_NAME
from apps.knowledge.errors import SourceDuplicate
from apps.knowledge.models import Dataset, Document, SourceConnection
from apps.knowledge.source_contract import SourceItem
from apps.workspaces.models import User

from .connections import get_source, open_access
from .documents import create_document, new_batch, title
from .origins import Origin

MAX_ITEMS = 500


def import_items(
    *,
    dataset: Dataset,
    source: str,
    items: Sequence[SourceItem],
    connection: SourceConnection | None = None,
    choices: Mapping[str, Any] | None = None,
    user: User | None = None,
    batch: str | None = None,
    **options: Any,
) -> list[Document]:
    """Adds items of a source to a base; those it has already are left out.

    Args:
        source: key of a registered source.
        items: at most 500.
        choices: what the source's `fetch` gets as `info`, such as `only_main_content`.
        options: as in `create_document`.

    Raises:
        NotFound: no such source.
        SourceNotConnected: it needs a connection that is switched on.
        SourceDuplicate: the base has all of them.
        InvalidParam, AddressBlocked: an item's id can be none, or too many items.
    """
    found = get_source(source)
    access = open_access(found, connection)
    if not 0 < len(items) <= MAX_ITEMS:
        raise InvalidParam(f"Choose 1 to {MAX_ITEMS} items.", params="items")
    wanted = {found.accept(access, item.id): item for item in items}
    with transaction.atomic():
        for item in _present(dataset, source, list(wanted)):
            wanted.pop(item, None)
        if not wanted:
            raise SourceDuplicate
        batch = batch or new_batch()
        return [
            create_document(
                dataset=dataset,
                upload=None,
                name=title(item.title or id)[:MAX_NAME],
                origin=Origin(
                    found.data_source_type, source, id, {**_told(connection, item), **(choices or {})}, connection
                ),
                user=user,
                batch=batch,
                **options,
            )
            for id, item in wanted.items()
        ]


def _present(dataset: Dataset, source: str, items: list[str]) -> list[str]:
    """Those of the items that the base has."""
    documents = Document.objects.filter(
        dataset=dataset, data_source_info__source=source, data_source_info__item__in=items
    )
    return list(documents.values_list("data_source_info__item", flat=True))


def _told(connection: SourceConnection | None, item: SourceItem) -> dict[str, Any]:
    told: dict[str, Any] = {"type": item.kind}
    if connection is not None and "workspace_id" in connection.info:
        told[f"{connection.source}_workspace_id"] = connection.info["workspace_id"]
    return told
