"""Storing and removing uploads."""

import hashlib
import io
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from typing import IO, Final
from uuid import UUID

from django.conf import settings
from django.db import models, transaction
from django.db.models import ForeignObjectRel

from apps.common.errors import PayloadTooLarge
from apps.files import kinds, storage
from apps.files.errors import EmptyFile, UnsupportedFileType
from apps.files.models import UploadFile
from apps.files.names import clean_name, extension_of
from apps.files.pixels import check_pixels
from apps.workspaces.models import User, Workspace

_PIECE_BYTES: Final = 2**16
_IN_MEMORY_BYTES: Final = 2**20


@dataclass(frozen=True, slots=True)
class Kept:
    """Bytes in storage that have no row yet."""

    key: str
    size_bytes: int
    sha256: str


def store_upload(
    *,
    workspace: Workspace,
    name: str,
    data: bytes | IO[bytes],
    mime_type: str = "",
    user: User | None = None,
    end_user_id: UUID | None = None,
    extensions: Collection[str] | None = None,
    limit_mb: int | None = None,
) -> UploadFile:
    """Stores a file under a random key and records it.

    Args:
        name: as the caller gave it; any path in it is dropped.
        data: the bytes, or a file read from where it stands.
        extensions: those allowed, in lower case without the dot; None: all.
        limit_mb: megabytes; None: UPLOAD_FILE_SIZE_LIMIT.

    Raises:
        PayloadTooLarge, EmptyFile, UnsupportedFileType, StorageUnavailable.
    """
    name = clean_name(name)
    _extension(name, extensions)
    kept = keep_bytes(workspace=workspace, data=data, limit_mb=limit_mb or settings.UPLOAD_FILE_SIZE_LIMIT)
    try:
        upload = new_upload(workspace=workspace, name=name, kept=kept, mime_type=mime_type)
        upload.created_by_user = user.pk if user else None
        upload.created_by_end_user = end_user_id
        upload.save(force_insert=True)
    except BaseException:
        storage.delete(kept.key)
        raise
    return upload


def store_by_kind(
    *,
    workspace: Workspace,
    name: str,
    data: bytes | IO[bytes],
    mime_type: str,
    user: User | None = None,
    end_user_id: UUID | None = None,
) -> UploadFile:
    """As `store_upload`, up to the size that files of this kind may have.

    Raises:
        PayloadTooLarge, EmptyFile, UnsupportedFileType, StorageUnavailable.
    """
    return store_upload(
        workspace=workspace,
        name=name,
        data=data,
        mime_type=mime_type,
        user=user,
        end_user_id=end_user_id,
        limit_mb=kinds.limit_mb(extension_of(clean_name(name))),
    )


def keep_bytes(*, workspace: Workspace, data: bytes | IO[bytes], limit_mb: int) -> Kept:
    """Stores bytes under a random key; whoever asks writes their row soon, or `fsck` removes them in the end.

    Raises:
        PayloadTooLarge, EmptyFile, StorageUnavailable.
    """
    key = f"{workspace.pk}/{token_hex(16)}"
    source = io.BytesIO(data) if isinstance(data, bytes) else data
    with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES, dir=settings.FILE_UPLOAD_TEMP_DIR) as spool:
        size, digest = _copy(source, spool, limit_mb)
        check_pixels(spool)
        storage.write(key, spool)
    return Kept(key, size, digest)


def new_upload(*, workspace: Workspace, name: str, kept: Kept, mime_type: str = "") -> UploadFile:
    """The row of stored bytes; the caller's to save."""
    name = clean_name(name)
    return UploadFile(
        workspace=workspace,
        name=name,
        extension=extension_of(name),
        mime_type=mime_type.replace("\0", "")[:255],
        size_bytes=kept.size_bytes,
        sha256=kept.sha256,
        storage_key=kept.key,
    )


def read_unstored(*, name: str, data: bytes | IO[bytes], extensions: Collection[str]) -> tuple[str, bytes]:
    """Extension and bytes of a file that is only looked at; arguments as in `store_upload`.

    Raises:
        PayloadTooLarge, EmptyFile, UnsupportedFileType.
    """
    extension = _extension(clean_name(name), extensions)
    target = io.BytesIO()
    _copy(io.BytesIO(data) if isinstance(data, bytes) else data, target, settings.UPLOAD_FILE_SIZE_LIMIT)
    return extension, target.getvalue()


def delete_uploads(uploads: Iterable[UploadFile]) -> None:
    """Removes rows now and their bytes once the transaction commits."""
    for upload in uploads:
        key = upload.storage_key
        upload.delete()
        transaction.on_commit(partial(storage.delete, key))


def delete_unused_uploads(uploads: "models.QuerySet[UploadFile]") -> None:
    """As `delete_uploads`, but leaves those that a row of another kind (a document, say) stands on."""
    delete_uploads(unused(uploads))


def unused(uploads: "models.QuerySet[UploadFile]") -> "models.QuerySet[UploadFile]":
    """Those of the uploads that no row of another kind stands on."""
    for relation in UploadFile._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel) and isinstance(relation.field, models.ForeignKey):
            rows = relation.field.model._default_manager.filter(**{f"{relation.field.name}__isnull": False})
            uploads = uploads.exclude(pk__in=rows.values(relation.field.attname))
    return uploads


def read_upload(upload: UploadFile) -> bytes:
    """The file's bytes. Raises FileMissing."""
    return storage.read(upload.storage_key)


def _extension(name: str, allowed: Collection[str] | None) -> str:
    extension = extension_of(name)
    if allowed is not None and extension not in allowed:
        raise UnsupportedFileType(f"File type not allowed. Accepted: {', '.join(sorted(allowed))}.")
    return extension


def _copy(source: IO[bytes], target: IO[bytes], limit_mb: int) -> tuple[int, str]:
    """Copies up to the limit; returns size in bytes and SHA-256 in hex."""
    digest = hashlib.sha256()
    size = 0
    while piece := source.read(_PIECE_BYTES):
        size += len(piece)
        if size > limit_mb * 2**20:
            raise PayloadTooLarge(f"File size exceeded. The limit for this kind of file is {limit_mb} MB.")
        digest.update(piece)
        target.write(piece)
    if not size:
        raise EmptyFile
    target.seek(0)
    return size, digest.hexdigest()
