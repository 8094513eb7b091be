"""Requests of the knowledge API as typed values; a wrong field is named as the contract names it."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict
from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError

from apps.common.bodies import read_multipart
from apps.common.errors import InvalidParam
from apps.common.ids import parse_uuid
from apps.common.text import storable, storable_json
from apps.files.errors import NoFileUploaded, TooManyFiles

P = TypeVar("P", bound="Payload")
MAX_LIMIT = 100
MAX_KEYWORD = 200


class Payload(BaseModel):
    """A JSON body; keys it does not know are ignored, as the original does."""

    model_config = ConfigDict(extra="ignore")

    @classmethod
    def read(cls: type[P], body: Mapping[str, Any]) -> P:
        """The typed body. Raises InvalidParam for the first field that is missing or wrong."""
        try:
            return cls.model_validate(storable_json(body))
        except ValidationError as error:
            problem = error.errors()[0]
            field = str(problem["loc"][0]) if problem["loc"] else None
            missing = problem["type"] == "missing"
            reason = "Missing required parameter in the JSON body" if missing else problem["msg"]
            raise InvalidParam(reason, params=field) from error


class ChangeDataset(Payload):
    name: Any = None  # the service has the contract's sentence for every wrong name
    description: str | None = None
    indexing_technique: str | None = None
    permission: str | None = None
    embedding_model: str | None = None
    embedding_model_provider: str | None = None
    retrieval_model: dict[str, Any] | None = None
    partial_member_list: list[Any] | None = None
    external_knowledge_api_id: str | None = None
    external_knowledge_id: str | None = None
    external_retrieval_model: dict[str, Any] | None = None


class CreateDataset(ChangeDataset):
    provider: str = "vendor"


class ExternalApiSettings(Payload):
    endpoint: str | None = None
    api_key: str | None = None


class ExternalApi(Payload):
    name: Any = None
    description: str | None = None
    settings: ExternalApiSettings = ExternalApiSettings()


class CreateTag(Payload):
    name: str


class RenameTag(CreateTag):
    tag_id: str


class DeleteTag(Payload):
    tag_id: str


class BindTags(Payload):
    tag_ids: list[str]
    target_id: str


class UnbindTags(Payload):
    tag_id: str | None = None
    tag_ids: list[str] | None = None
    target_id: str


class DocumentPayload(Payload):
    """What all ways of adding and changing a document share."""

    process_rule: dict[str, Any] | None = None
    doc_form: str | None = None
    doc_language: str | None = None


class CreateDocument(DocumentPayload):
    """What both ways of adding a document share."""

    indexing_technique: str | None = None
    original_document_id: str | None = None
    retrieval_model: dict[str, Any] | None = None
    embedding_model: str | None = None
    embedding_model_provider: str | None = None


class CreateByText(CreateDocument):
    name: str
    text: str


class Estimate(CreateDocument):
    """A document that is looked at only."""

    limit: int | None = None
    qa_preview: int | None = None


class EstimateText(Estimate):
    name: str = "Text"
    text: str


class UpdateDocument(DocumentPayload):
    name: str | None = None


class UpdateByText(UpdateDocument):
    text: str | None = None


class Prioritise(Payload):
    priority: StrictInt


class DocumentIds(Payload):
    document_ids: list[str]


class DownloadZip(Payload):
    document_ids: list[str] = Field(min_length=1, max_length=100)


class AddField(Payload):
    type: str
    name: str


class RenameField(Payload):
    name: str


class MetadataOperation(Payload):
    document_id: str
    metadata_list: list[dict[str, Any]]
    partial_update: bool = False


class SetMetadata(Payload):
    operation_data: list[MetadataOperation]


class AddSegments(Payload):
    segments: list[dict[str, Any]]  # the service has the contract's sentences


class SegmentChanges(Payload):
    content: str | None = None
    answer: str | None = None
    keywords: list[str] | None = None
    enabled: bool | None = None
    regenerate_child_chunks: bool | None = None


class ChildChunk(Payload):
    content: str


class UpdateSegment(Payload):
    segment: SegmentChanges


class Retrieve(Payload):
    query: str
    retrieval_model: dict[str, Any] | None = None
    external_retrieval_model: dict[str, Any] | None = None
    explain: bool | None = None


def read_form(request: HttpRequest) -> "tuple[UploadedFile[bytes], dict[str, Any]]":
    """The one file of a multipart request and the JSON object in its field `data`.

    Raises:
        NoFileUploaded, TooManyFiles, InvalidParam, BadRequest, PayloadTooLarge.
    """
    file, data = read_optional_file(request)
    if file is None:
        raise NoFileUploaded
    return file, data


def read_optional_file(request: HttpRequest) -> "tuple[UploadedFile[bytes] | None, dict[str, Any]]":
    """The same where the file may be missing. Raises TooManyFiles, InvalidParam, BadRequest, PayloadTooLarge."""
    fields, uploads = read_multipart(request)
    if len(uploads) > 1:
        raise TooManyFiles
    return (uploads[0] if uploads else None), _data(fields.get("data"))


def _data(text: str | None) -> dict[str, Any]:
    if not text:
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidParam("The field data is not JSON.", params="data") from error
    if not isinstance(value, dict):
        raise InvalidParam("The field data must be a JSON object.", params="data")
    return value


def read_keyword(query: QueryDict) -> str:
    """What a list is to be searched for."""
    return storable(query.get("keyword", ""))[:MAX_KEYWORD]


def read_tag_ids(query: QueryDict) -> list[UUID] | None:
    """`tag_ids`, repeated or separated by commas; what is no id matches nothing. None: not given."""
    texts = [text for value in query.getlist("tag_ids") for text in value.split(",") if text]
    return [id for text in texts if (id := parse_uuid(text))] if texts else None


def read_page(query: QueryDict) -> tuple[int, int]:
    """`page` (from 1) and `limit` (1 to 100); what is no number counts as not given."""
    return max(_number(query.get("page"), 1), 1), min(max(_number(query.get("limit"), 20), 1), MAX_LIMIT)


def _number(text: str | None, default: int) -> int:
    try:
        return min(int(text or default), 10**6)
    except ValueError:
        return default
