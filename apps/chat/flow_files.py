"""Files as variables of a flow: file objects with a link (service API 5.2)."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from apps.common.ids import parse_uuid
from apps.files.links import file_url
from apps.files.models import UploadFile
from apps.files.references import STORED, FileReference


def file_object(file: FileReference, workspace_id: UUID) -> dict[str, Any]:
    """A file of a request."""
    return _linked(file.as_json(workspace_id))


def as_variables(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The form's values; files get the link that they are stored without."""
    return {name: _with_links(value) for name, value in inputs.items()}


def relinked(values: Mapping[str, Any], workspace_id: UUID) -> dict[str, Any]:
    """Stored variables, in which the links of the workspace's files are good again."""
    ids = set(_upload_ids(values))
    known = set(UploadFile.objects.filter(workspace_id=workspace_id, pk__in=ids).values_list("pk", flat=True))
    return {name: _relinked(value, known) for name, value in values.items()}


def _upload_ids(value: Any) -> Iterator[UUID]:
    if isinstance(value, Mapping):
        if (upload_id := _upload_id(value)) is not None:
            yield upload_id
        for inner in value.values():
            yield from _upload_ids(inner)
    elif isinstance(value, list):
        for item in value:
            yield from _upload_ids(item)


def _relinked(value: Any, known: set[UUID]) -> Any:
    if isinstance(value, list):
        return [_relinked(item, known) for item in value]
    if not isinstance(value, Mapping):
        return value
    if _upload_id(value) in known:
        return _linked(value)
    return {name: _relinked(inner, known) for name, inner in value.items()}


def _upload_id(value: Mapping[str, Any]) -> UUID | None:
    is_stored = value.get("dify_model_identity") == STORED
    return parse_uuid(value.get("related_id")) if is_stored else None


def _with_links(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_links(item) for item in value]
    is_file = isinstance(value, Mapping) and value.get("dify_model_identity") == STORED
    return _linked(value) if is_file else value


def _linked(file: Mapping[str, Any]) -> dict[str, Any]:
    upload_id = parse_uuid(file.get("related_id"))
    return {**file, "url": file_url(upload_id) if upload_id else file.get("remote_url")}
