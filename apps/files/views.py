"""Uploads behind signed links."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

from django.conf import settings
from django.core.files.base import File
from django.http import FileResponse, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from apps.common.errors import Forbidden, NotFound

from . import links, storage
from .models import UploadFile

# What a browser may show in place; anything else, SVG and HTML above all, could run script on our origin.
SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})

PIECE_BYTES = 2**16


class LinkExpired(Forbidden):
    default_message = "This link has run out. Reload the page it stood on."


@require_safe
def preview(request: HttpRequest, upload_id: UUID) -> HttpResponseBase:
    """GET /files/{id}/file-preview: the bytes of an upload, for whoever holds a signed link."""
    query = {name: request.GET.get(name, "") for name in ("timestamp", "nonce", "sign")}
    if not links.is_valid(upload_id, **query):
        raise LinkExpired
    upload = UploadFile.objects.filter(id=upload_id).first()
    if upload is None:
        raise NotFound("The file does not exist any more.")
    as_attachment = request.GET.get("as_attachment") == "true"
    address = _elsewhere(upload, as_attachment=as_attachment) if settings.STORAGE_REDIRECT else ""
    return HttpResponseRedirect(address) if address else file_response(upload, as_attachment=as_attachment)


def _elsewhere(upload: UploadFile, *, as_attachment: bool) -> str:
    """The store's own address of an upload, with the headers `file_response` would send."""
    is_shown = upload.mime_type in SHOWN
    return storage.presigned_address(
        upload.storage_key,
        disposition=content_disposition_header(as_attachment or not is_shown, upload.name) or "inline",
        mime_type=upload.mime_type if is_shown else "application/octet-stream",
        expires_s=settings.FILES_ACCESS_TIMEOUT,
    )


def file_response(upload: UploadFile, *, as_attachment: bool = False) -> FileResponse:
    """An upload's bytes with headers that keep them from being run as a page. Raises FileMissing."""
    is_shown = upload.mime_type in SHOWN
    file = storage.open_file(upload.storage_key)
    response = FileResponse(
        file,
        content_type=upload.mime_type if is_shown else "application/octet-stream",
        as_attachment=as_attachment or not is_shown,
        filename=upload.name,
    )
    response.streaming_content = _pieces(file)  # under ASGI Django would read a plain file whole before it sends
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


async def _pieces(file: "File[bytes]") -> AsyncIterator[bytes]:
    while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
        yield piece
