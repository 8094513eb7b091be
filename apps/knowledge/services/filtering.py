"""Conditions on metadata put to documents: which of them a search may look at."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from apps.common import db
from apps.knowledge.configs import BaseConfig
from apps.knowledge.contracts import MetadataFilter
from apps.knowledge.filters import as_sql, check
from apps.knowledge.selectors import fetch_metadata_fields

_MATCHING: Final = """
select d.id, d.segment_count from knowledge_document d left join workspaces_user u on u.id = d.created_by_id
where d.dataset_id = %(dataset)s and ({})"""


async def narrow(bases: Sequence[BaseConfig], filters: MetadataFilter | None) -> Sequence[BaseConfig]:
    """The bases with the documents that the filter lets through as their scope; without a filter as they are.

    Of several bases one must have the field; in the others it is empty.

    Raises:
        InvalidParam: no base has such a field, or operator or value do not suit its type.
    """
    own = [base for base in bases if not base.is_external]  # of the others only their services know documents
    if filters is None or not own:
        return bases
    fields = await fetch_metadata_fields(dataset_ids=[base.scope.dataset_id for base in own])
    _check(filters, fields.values())
    return await asyncio.gather(*(_narrowed(base, filters, fields.get(base.scope.dataset_id, {})) for base in bases))


def _check(filters: MetadataFilter, fields: Collection[Mapping[str, str]]) -> None:
    for condition in filters.conditions:
        knowing = [known for known in fields if condition.name in known]
        for known in knowing or ([_all(fields)] if filters.is_strict else []):
            check(condition, known)


def _all(fields: Collection[Mapping[str, str]]) -> dict[str, str]:
    return {name: kind for known in fields for name, kind in known.items()}


async def _narrowed(base: BaseConfig, filters: MetadataFilter, fields: Mapping[str, str]) -> BaseConfig:
    if base.is_external:
        return base
    sql, arguments = as_sql(filters, fields)
    async with db.connect() as connection:
        statement = _MATCHING.format(sql).encode()
        cursor = await connection.execute(statement, {**arguments, "dataset": base.scope.dataset_id})
        rows = await cursor.fetchall()
    ids: list[UUID] = [row[0] for row in rows]
    scope = replace(base.scope, document_ids=ids, document_chunks=sum(row[1] for row in rows))
    return replace(base, scope=scope)
