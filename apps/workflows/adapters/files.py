"""The files of a run, for nodes of flows."""

import asyncio
import base64
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings

from apps.common import db
from apps.common.errors import AppError
from apps.common.ids import parse_uuid
from apps.files import storage
from apps.files.links import file_url
from apps.files.names import clean_name, extension_of
from apps.files.references import LOCAL, STORED
from apps.files.services.uploads import store_by_kind
from apps.knowledge import extraction
from apps.workflows.engine.contracts import NodeFailed
from apps.workflows.engine.ports import Web, WebRequest
from apps.workspaces.models import Workspace

ERROR: Final = "FileError"
FAILED: Final = 400
READ_TIMEOUT_S: Final = 60.0
_UPLOAD: Final = "select storage_key, mime_type from files_uploadfile where id = %s and workspace_id = %s"
_TYPES: Final = ("image", "audio", "video")


@dataclass(frozen=True, slots=True)
class RunFiles:
    """See `engine.ports.Files`.

    Args:
        end_user_id, account_id: whose run it is; files that nodes make are theirs.
    """

    workspace_id: UUID
    web: Web
    end_user_id: UUID | None = None
    account_id: UUID | None = None

    async def read(self, file: Mapping[str, Any]) -> bytes:
        """An upload from storage, a remote file by the flow's own door to the internet."""
        upload_id = parse_uuid(file.get("related_id"))
        if upload_id is None:
            return await self._fetched(str(file.get("remote_url") or file.get("url") or ""))
        key, _ = await self._upload(upload_id, file)
        try:
            return await asyncio.to_thread(storage.read, key)
        except AppError as error:
            raise NodeFailed(f"The file {_name(file)} is no longer there.", ERROR) from error

    async def address(self, file: Mapping[str, Any]) -> str:
        """Where a model finds a picture: its own address, or the picture itself as `data:`. Raises NodeFailed."""
        upload_id = parse_uuid(file.get("related_id"))
        if upload_id is None:
            return str(file.get("remote_url") or file.get("url") or "")
        if settings.MULTIMODAL_SEND_IMAGE_FORMAT == "url" and settings.FILES_URL:
            return file_url(upload_id)
        kind = str(file.get("mime_type") or "") or mimetypes.guess_type(_name(file))[0] or "image/png"
        return f"data:{kind};base64,{base64.b64encode(await self.read(file)).decode()}"

    async def save(self, name: str, mime_type: str, data: bytes) -> Mapping[str, Any]:
        """Stores them as an upload."""
        name = clean_name(name)
        if not extension_of(name) and (extension := mimetypes.guess_extension(mime_type)):
            name = f"{name}{extension}"
        try:
            return await sync_to_async(self._stored)(name, mime_type, data)
        except AppError as error:
            raise NodeFailed(error.message, ERROR) from error

    def _stored(self, name: str, mime_type: str, data: bytes) -> Mapping[str, Any]:
        upload = store_by_kind(
            workspace=Workspace(pk=self.workspace_id),
            name=name,
            data=data,
            mime_type=mime_type,
            end_user_id=self.end_user_id,
        )
        kind = mime_type.partition("/")[0]
        return {
            "dify_model_identity": STORED,
            "id": None,
            "tenant_id": str(self.workspace_id),
            "type": kind if kind in _TYPES else "document",
            "transfer_method": LOCAL,
            "remote_url": None,
            "related_id": str(upload.pk),
            "filename": upload.name,
            "extension": f".{upload.extension}" if upload.extension else "",
            "mime_type": mime_type,
            "size": upload.size_bytes,
            "url": file_url(upload.pk),
        }

    async def text_of(self, file: Mapping[str, Any]) -> str:
        """Reads it as knowledge is read, in a process of its own."""
        extension = str(file.get("extension") or "").lstrip(".").lower() or extension_of(_name(file))
        if extension not in extraction.accepted_extensions():
            raise NodeFailed(f"Unsupported file type: {extension or _name(file)}", "UnsupportedFileTypeError")
        try:
            found = await extraction.extract(await self.read(file), extension)
        except AppError as error:
            raise NodeFailed(f"{_name(file)}: {error.message}", "TextExtractionError") from error
        return found.text or "\n".join(record.content for record in found.records or ())

    async def _upload(self, upload_id: UUID, file: Mapping[str, Any]) -> tuple[str, str]:
        row = await db.fetch_one(_UPLOAD, upload_id, self.workspace_id)
        if row is None:
            raise NodeFailed(f"The file {_name(file)} is no longer there.", ERROR)
        return row[0], row[1]

    async def _fetched(self, url: str) -> bytes:
        if not url.startswith(("http://", "https://")):
            raise NodeFailed("The file has no address.", ERROR)
        answer = await self.web.fetch(WebRequest("GET", url, timeout_s=READ_TIMEOUT_S))
        if answer.status >= FAILED:
            raise NodeFailed(f"The file's server answered with status {answer.status}.", ERROR)
        return answer.body


def _name(file: Mapping[str, Any]) -> str:
    return str(file.get("filename") or "file")[:80]
