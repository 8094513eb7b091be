"""Metadata of documents: the fields every document has by itself, and what a field's value may be."""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from apps.common.errors import InvalidParam
from apps.common.text import storable

from .choices import BUILT_IN, SOURCES, MetadataType
from .models import Dataset, Document, MetadataField

BUILT_IN_ID: Final = "built-in"
MAX_TEXT: Final = 10_000
LARGEST: Final = 2**53  # beyond it JSON's readers no longer agree on whole numbers
_WANTED: Final = {
    MetadataType.STRING: f"must be text of at most {MAX_TEXT:,} characters",
    MetadataType.NUMBER: "must be a number",
    MetadataType.TIME: "must be a time in whole seconds since 1970",
}


def _is_number(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST


_FITS: Final[Mapping[MetadataType, Callable[[Any], bool]]] = {
    MetadataType.STRING: lambda value: isinstance(value, str) and len(value) <= MAX_TEXT,
    MetadataType.NUMBER: _is_number,
    MetadataType.TIME: lambda value: _is_number(value) and value == int(value) and abs(value) <= LARGEST,
}


def built_in_values(document: Document) -> dict[str, Any]:
    """What the document says of itself, by built-in field."""
    by = document.created_by
    return {
        "document_name": document.name,
        "uploader": (by.name or by.email) if by else "",
        "upload_date": int(document.created_at.timestamp()),
        "last_update_date": int(document.updated_at.timestamp()),
        "source": SOURCES.get(document.data_source_type, document.data_source_type),
    }


def fields_json(dataset: Dataset) -> list[dict[str, Any]]:
    """The base's fields, the built-in ones last where they are switched on."""
    fields = [{"id": str(field.pk), "name": field.name, "type": field.type} for field in dataset.metadata_fields.all()]
    if dataset.built_in_field_enabled:
        fields += [{"id": BUILT_IN_ID, "name": name, "type": str(type)} for name, type in BUILT_IN.items()]
    return fields


def values_json(document: Document) -> list[dict[str, Any]]:
    """The document's values with their fields, in the order of `fields_json`; a field without a value is left out."""
    values = dict(document.doc_metadata or {})
    if document.dataset.built_in_field_enabled:
        values |= built_in_values(document)
    return [
        {**field, "value": values[field["name"]]} for field in fields_json(document.dataset) if field["name"] in values
    ]


def check_value(field: MetadataField, value: Any) -> str | int | float | None:
    """A value as it is stored; None is a value too: the field is there, and empty.

    Raises:
        InvalidParam: not of the field's type.
    """
    if value is None:
        return None
    if not _FITS[MetadataType(field.type)](value):
        raise InvalidParam(f"The value of {field.name} {_WANTED[MetadataType(field.type)]}.", params="operation_data")
    if field.type == MetadataType.TIME:
        return int(value)
    return storable(value) if isinstance(value, str) else value
