"""What a file says of itself becomes its document's metadata."""

from collections.abc import Mapping
from typing import Any, Final

from apps.common import db
from apps.common.encoding import dumps
from apps.common.ids import new_id
from apps.common.text import storable
from apps.knowledge.choices import MetadataType

from .jobs import Job

MAX_FIELDS: Final = 50
MAX_NAME: Final = 255
MAX_TEXT: Final = 1_000

# Fields the base does not have yet are added; a value that does not fit its field's type is left out, and what the
# document has already stays.
_FIELDS: Final = """
insert into knowledge_metadatafield (id, dataset_id, name, type, created_at)
select id, %s, name, type, now() from unnest(%s::uuid[], %s::text[], %s::text[]) as f (id, name, type)
where exists (select from knowledge_dataset where id = %s)
on conflict (dataset_id, name) do nothing"""
_VALUES: Final = """
update knowledge_document set doc_metadata = (
    select jsonb_object_agg(v.key, v.value)
    from jsonb_each(%s::jsonb) v
    join knowledge_metadatafield f on f.dataset_id = %s and f.name = v.key and f.type = jsonb_typeof(v.value)
) || case when jsonb_typeof(doc_metadata) = 'object' then doc_metadata else '{}' end
where id = %s and lease_owner = %s"""


async def keep_metadata(job: Job, metadata: Mapping[str, Any]) -> None:
    """Adds the file's own metadata to the document's, as text or numbers.

    Args:
        metadata: names of up to 255 characters, texts of up to 1,000; the first 50 count.
    """
    named = ((storable(name), value) for name, value in metadata.items())
    values = {name: _value(value) for name, value in named if 0 < len(name) <= MAX_NAME}
    values = dict(list(values.items())[:MAX_FIELDS])
    if not values:
        return
    types = [str(MetadataType.STRING if isinstance(value, str) else MetadataType.NUMBER) for value in values.values()]
    ids = [new_id() for _ in values]
    await db.execute(_FIELDS, job.dataset_id, ids, list(values), types, job.dataset_id)
    await db.execute(_VALUES, dumps(values), job.dataset_id, job.document_id, job.owner)


def _value(value: Any) -> Any:
    return storable(value)[:MAX_TEXT] if isinstance(value, str) else value
