"""Files as variables of a flow: file objects with a link (service API 5.2)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from apps.common.ids import parse_uuid
from apps.files.links import file_url
from apps.files.references import STORED, FileReference


def file_object(file: FileReference, workspace_id: UUID) -> dict[str, Any]:
    """A file of a request."""
    return _linked(file.as_json(workspace_id))


def as_variables(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The form's values; files get the link that they are stored without."""
    return {name: _with_links(value) for name, value in inputs.items()}


def _with_links(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_links(item) for item in value]
    is_file = isinstance(value, Mapping) and value.get("dify_model_identity") == STORED
    return _linked(value) if is_file else value


def _linked(file: Mapping[str, Any]) -> dict[str, Any]:
    upload_id = parse_uuid(file.get("related_id"))
    return {**file, "url": file_url(upload_id) if upload_id else file.get("remote_url")}
