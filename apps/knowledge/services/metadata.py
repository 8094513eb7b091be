"""Fields documents are told apart by, and their values. Values stay with the document under their field's name."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.common import notify
from apps.common.errors import InvalidParam, NotFound
from apps.common.ids import parse_uuid
from apps.common.text import shown, storable
from apps.knowledge.choices import BUILT_IN, MetadataType
from apps.knowledge.configs import TOPIC
from apps.knowledge.errors import ArchivedDocumentImmutable
from apps.knowledge.locks import lock_dataset, lock_documents
from apps.knowledge.metadata import BUILT_IN_ID, check_value
from apps.knowledge.models import Dataset, Document, MetadataField
from apps.knowledge.selectors import DOCUMENT_NOT_FOUND, FIELD_NOT_FOUND, get_field
from apps.workspaces.models import User
from apps.workspaces.services import audit

MAX_NAME: Final = 255
MAX_FIELDS: Final = 200  # a list of documents shows all values of all of them
_RENAME: Final = """
update knowledge_document
set doc_metadata = doc_metadata - %(old)s::text || jsonb_build_object(%(new)s::text, doc_metadata -> %(old)s::text)
where dataset_id = %(dataset)s and doc_metadata ? %(old)s::text"""
_REMOVE: Final = """
update knowledge_document set doc_metadata = doc_metadata - %(old)s::text
where dataset_id = %(dataset)s and doc_metadata ? %(old)s::text"""


@dataclass(frozen=True, slots=True)
class DocumentValues:
    """The values one document is to have.

    Args:
        values: each with the `value` and the `id` or, without one, the `name` of its field.
        is_partial: fields that are not named keep their values; else they lose them.
    """

    document_id: UUID | str
    values: Sequence[Mapping[str, Any]] = field(default_factory=list)
    is_partial: bool = False


def create_field(*, dataset: Dataset, name: str, type: str, user: User | None = None) -> MetadataField:
    """A new field.

    Args:
        name: 1 to 255 characters, unique in the base.
        type: `string`, `number` or `time`.

    Raises:
        InvalidParam, NotFound: the base was deleted meanwhile.
    """
    if type not in MetadataType.values:
        raise InvalidParam(f"{shown(type)} is not a valid choice", params="type")
    name = _check_name(name)
    with _unique_name(), transaction.atomic():
        lock_dataset(dataset)
        if dataset.metadata_fields.count() >= MAX_FIELDS:
            raise InvalidParam(f"A knowledge base has at most {MAX_FIELDS} metadata fields.")
        created = MetadataField.objects.create(dataset=dataset, name=name, type=type, created_by=user)
        _record(dataset, user, "metadata.create", name=name, type=type)
    return created


def rename_field(*, dataset: Dataset, field_id: UUID | str, name: str, user: User | None = None) -> MetadataField:
    """Gives a field another name; documents keep their values of it. Raises NotFound, InvalidParam."""
    name = _check_name(name)
    with _unique_name(), transaction.atomic():
        lock_dataset(dataset)
        found = get_field(dataset=dataset, field_id=field_id)
        old, found.name = found.name, name
        found.save(update_fields=["name"])
        if old != name:
            _change_values(_RENAME, dataset, old=old, new=name)
        _record(dataset, user, "metadata.rename", name=name, old=old)
    return found


def delete_field(*, dataset: Dataset, field_id: UUID | str, user: User | None = None) -> None:
    """Deletes a field with all its values. Raises NotFound."""
    with transaction.atomic():
        lock_dataset(dataset)
        found = get_field(dataset=dataset, field_id=field_id)
        _change_values(_REMOVE, dataset, old=found.name)
        _record(dataset, user, "metadata.delete", name=found.name)
        found.delete()


def set_built_in_fields(*, dataset: Dataset, enabled: bool, user: User | None = None) -> None:
    """Shows what documents say of themselves among their metadata, or no longer. Raises NotFound."""
    with transaction.atomic():
        lock_dataset(dataset)
        Dataset.objects.filter(pk=dataset.pk).update(built_in_field_enabled=enabled)
        _record(dataset, user, "metadata.built_in", enabled=enabled)
    dataset.built_in_field_enabled = enabled


def set_documents_metadata(*, dataset: Dataset, operations: Sequence[DocumentValues], user: User | None = None) -> None:
    """Sets values of some documents: all, or none.

    Raises:
        InvalidParam: a value is not of its field's type.
        NotFound: a document or field is not in the base.
        ArchivedDocumentImmutable: a document is archived.
    """
    if not operations:
        raise InvalidParam("operation_data is required", params="operation_data")
    ids = [_document_id(operation) for operation in operations]
    with transaction.atomic():
        lock_dataset(dataset)
        fields = list(MetadataField.objects.filter(dataset=dataset))
        documents = {document.pk: document for document in lock_documents(dataset.pk, set(ids))}
        for id, operation in zip(ids, operations, strict=True):
            _set_values(documents[id], operation, fields)
        Document.objects.bulk_update(documents.values(), ["doc_metadata", "updated_at"], batch_size=500)
        _record(dataset, user, "metadata.set", documents=sorted(map(str, documents)))


def _set_values(document: Document, operation: DocumentValues, fields: Sequence[MetadataField]) -> None:
    if document.archived:
        raise ArchivedDocumentImmutable
    kept = dict(document.doc_metadata or {}) if operation.is_partial else {}
    for entry in operation.values:
        if entry.get("id") != BUILT_IN_ID:  # a form sends those back as it got them
            named = _field_of(entry, fields)
            kept[named.name] = check_value(named, entry.get("value"))
    document.doc_metadata, document.updated_at = kept, timezone.now()


def _field_of(entry: Mapping[str, Any], fields: Sequence[MetadataField]) -> MetadataField:
    key, name = entry.get("id"), entry.get("name")
    for candidate in fields:
        if candidate.pk == parse_uuid(key) if key is not None else candidate.name == name:
            return candidate
    raise NotFound(FIELD_NOT_FOUND)


def _document_id(operation: DocumentValues) -> UUID:
    id = operation.document_id
    parsed = id if isinstance(id, UUID) else parse_uuid(id)
    if parsed is None:
        raise NotFound(DOCUMENT_NOT_FOUND)
    return parsed


@contextmanager
def _unique_name() -> Iterator[None]:
    """Says so where another field of the base has the name."""
    try:
        yield
    except IntegrityError as error:
        raise InvalidParam("Metadata name already exists.", params="name") from error


def _check_name(name: str) -> str:
    name = " ".join(storable(name).split())
    if not name:
        raise InvalidParam("Metadata name is required.", params="name")
    if len(name) > MAX_NAME:
        raise InvalidParam(f"Metadata name cannot exceed {MAX_NAME} characters.", params="name")
    if name in BUILT_IN:
        raise InvalidParam("Metadata name already exists in Built-in fields.", params="name")
    return name


def _change_values(statement: str, dataset: Dataset, **names: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"dataset": dataset.pk, **names})


def _record(dataset: Dataset, user: User | None, action: str, **data: object) -> None:
    audit.record(
        workspace=dataset.workspace, user=user, action=action, object_type="dataset", object_id=dataset.pk, data=data
    )
    notify.send(TOPIC, dataset.pk)
