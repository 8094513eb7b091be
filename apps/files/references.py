"""The files a caller names in a request: their form, whose they are, and what an app allows (service API 5.2)."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import unquote, urlsplit
from uuid import UUID

from apps.common import db, http
from apps.common.errors import InvalidParam
from apps.common.ids import parse_uuid
from apps.common.text import shown, storable

from .names import clean_name, extension_of

TYPES: Final = ("image", "document", "audio", "video", "custom")
REMOTE, LOCAL = "remote_url", "local_file"
METHODS: Final = (REMOTE, LOCAL)
STORED: Final = "__dify__file__"  # what marks a file object in stored inputs and in outputs
PICTURES: Final = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "gif": "image/gif",
    "svg": "image/svg+xml",
}
HEAD_TIMEOUT_S: Final = 5.0
HEAD_REDIRECTS: Final = 3
MAX_URL: Final = 8000
_MAX_FILES: Final = 100  # no app allows more; longer lists are not looked at
_PRIVATE_ALLOWED = False

_UPLOADS = """
    select id, name, extension, mime_type, size_bytes, storage_key from files_uploadfile
    where id = any(%s) and workspace_id = %s
        and created_by_end_user is not distinct from %s and created_by_user is not distinct from %s
"""


@dataclass(frozen=True, slots=True)
class FileRules:
    """Which files an app, or one field of its form, takes.

    Args:
        types: of `TYPES`; "custom" stands for the extensions listed.
        extensions: in lower case, without the dot.
        detail: how closely a vision model is to look: low, high or auto.
    """

    enabled: bool = False
    types: frozenset[str] = frozenset({"image"})
    extensions: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset(METHODS)
    number_limit: int = 3
    detail: str = "high"


@dataclass(frozen=True, slots=True)
class Owner:
    """Who sends the files: only what this end user (or member) uploaded in this workspace may be named."""

    workspace_id: UUID
    end_user_id: UUID | None
    account_id: UUID | None


@dataclass(frozen=True, slots=True)
class FileReference:
    """One file of a request.

    Args:
        url: of a remote file.
        upload_id: of an upload; what follows is known of uploads alone.
    """

    type: str
    transfer_method: str
    url: str = ""
    upload_id: UUID | None = None
    name: str = ""
    extension: str = ""
    mime_type: str = ""
    size_bytes: int = 0
    storage_key: str = ""

    @property
    def picture_type(self) -> str | None:
        """The media type of an upload that is a picture, by what its sender said, else by its name."""
        if self.mime_type.startswith("image/"):
            return self.mime_type
        return PICTURES.get(self.extension)

    def as_json(self, workspace_id: UUID) -> dict[str, Any]:
        """The file object of stored inputs and of outputs, without the link, which runs out."""
        return {
            "dify_model_identity": STORED,
            "id": None,
            "tenant_id": str(workspace_id),
            "type": self.type,
            "transfer_method": self.transfer_method,
            "remote_url": self.url or None,
            "related_id": str(self.upload_id) if self.upload_id else None,
            "filename": self.name,
            "extension": f".{self.extension}" if self.extension else "",
            "mime_type": self.mime_type,
            "size": self.size_bytes,
        }


async def load_references(
    value: Any, rules: FileRules, owner: Owner, *, check_urls: bool = True
) -> tuple[FileReference, ...]:
    """The files of a request's `files`, in their order; none where the app takes no files.

    Args:
        value: null or an array of file objects, as it came.
        check_urls: ask the servers of remote files whether they have them.

    Raises:
        InvalidParam: with the contract's sentence for the first thing that is wrong.
        Unavailable: the database is down.
    """
    if not value or not rules.enabled:
        return ()
    if not isinstance(value, list):
        raise InvalidParam("files must be an array", params="files")
    if len(value) > _MAX_FILES:
        raise too_many(rules)
    files = await _with_uploads([read_reference(item) for item in value], owner)
    if len(files) > rules.number_limit:
        raise too_many(rules)
    for file in files:
        _check_allowed(file, rules)
    if check_urls:
        await asyncio.gather(*(_check_exists(file.url) for file in files if file.url))
    return tuple(files)


def read_reference(item: Any) -> FileReference:
    """One file object as the caller wrote it. Raises InvalidParam."""
    if not isinstance(item, Mapping):
        raise InvalidParam("Invalid file format, must be dict")
    if not item.get("type"):
        raise InvalidParam("Missing file type")
    if item["type"] not in TYPES:
        raise InvalidParam(f"Invalid file type: {shown(item['type'])}")
    method = item.get("transfer_method")
    if not method:
        raise InvalidParam("Missing file transfer method")
    if method not in METHODS:
        raise InvalidParam(f"Invalid transfer method: {shown(method)}")
    upload_id = item.get("upload_file_id") or item.get("related_id")
    url = item.get("url") or item.get("remote_url")
    if method == REMOTE and not upload_id:
        return FileReference(item["type"], method, url=_read_url(url))
    if not upload_id:
        raise InvalidParam("Missing file upload_file_id")
    return FileReference(item["type"], method, upload_id=parse_uuid(upload_id) or _NO_UPLOAD)


_NO_UPLOAD: Final = UUID(int=0)


def _read_url(url: Any) -> str:
    if not url:
        raise InvalidParam("Missing file url")
    if not isinstance(url, str) or len(url) > MAX_URL or not url.startswith(("http://", "https://")):
        raise InvalidParam("Invalid file url")
    try:
        urlsplit(url)
    except ValueError as error:  # brackets that hold no IPv6 address
        raise InvalidParam("Invalid file url") from error
    return storable(url)


async def _with_uploads(files: Sequence[FileReference], owner: Owner) -> list[FileReference]:
    ids = [file.upload_id for file in files if file.upload_id]
    if not ids:
        return [_named_by_url(file) for file in files]
    user_id = None if owner.end_user_id else owner.account_id
    rows = await db.fetch_all(_UPLOADS, ids, owner.workspace_id, owner.end_user_id, user_id)
    uploads = {row[0]: row[1:] for row in rows}
    found = []
    for file in files:
        if file.upload_id is None:
            found.append(_named_by_url(file))
            continue
        if file.upload_id not in uploads:
            raise InvalidParam("Invalid upload file")
        name, extension, mime_type, size_bytes, storage_key = uploads[file.upload_id]
        known = replace(file, name=name, extension=extension, mime_type=mime_type, size_bytes=size_bytes)
        found.append(replace(known, storage_key=storage_key))
    return found


def _named_by_url(file: FileReference) -> FileReference:
    name = clean_name(unquote(urlsplit(file.url).path))
    return replace(file, name=name, extension=extension_of(name))


def _check_allowed(file: FileReference, rules: FileRules) -> None:
    if file.transfer_method not in rules.methods:
        raise InvalidParam(f"Invalid transfer method: {file.transfer_method}")
    is_listed = "custom" in rules.types and file.extension in rules.extensions
    is_honest = file.type != "image" or file.upload_id is None or file.picture_type is not None
    if not is_honest or not (file.type in rules.types or is_listed):
        raise InvalidParam(f"File validation failed for file: {file.name}")


def too_many(rules: FileRules) -> InvalidParam:
    """The refusal of more files than the app takes."""
    kind = "image files" if rules.types == {"image"} else "files"
    return InvalidParam(f"Number of {kind} exceeds the maximum limit {rules.number_limit}")


async def _check_exists(url: str) -> None:
    try:
        answer = await http.fetch(
            "HEAD", url, private_allowed=_PRIVATE_ALLOWED, timeout_s=HEAD_TIMEOUT_S, redirects=HEAD_REDIRECTS
        )
    except (http.OutboundError, http.AddressBlocked):
        answer = None
    if answer is None or answer.status != 200:
        raise InvalidParam("URL does not exist.")
