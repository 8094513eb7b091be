"""The files of a delivery to a webhook, stored as those of whoever its run belongs to: nobody, or who tries it out."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async

from apps.files.kinds import kind_of
from apps.files.models import UploadFile
from apps.files.references import LOCAL, FileReference
from apps.files.services.uploads import delete_uploads, store_by_kind
from apps.workflows.triggers.deliveries import SentFile
from apps.workspaces.models import User, Workspace


async def keep_files(workspace_id: UUID, values: Mapping[str, Any], account_id: UUID | None = None) -> dict[str, Any]:
    """The values with each file stored, as file objects.

    Raises:
        PayloadTooLarge, EmptyFile, UnsupportedFileType, StorageUnavailable.
    """
    if not any(_sent(value) for value in values.values()):
        return dict(values)
    return await database_sync_to_async(_kept)(workspace_id, values, account_id)


async def forget_files(values: Mapping[str, Any], read: Mapping[str, Any]) -> None:
    """Deletes what was stored of a delivery that turned out to be a repetition."""
    stored = [file for name in read if _sent(read[name]) for file in _listed(values[name])]
    if stored:
        await database_sync_to_async(_deleted)([file["related_id"] for file in stored])


def _kept(workspace_id: UUID, values: Mapping[str, Any], account_id: UUID | None) -> dict[str, Any]:
    workspace = Workspace.objects.get(pk=workspace_id)
    user = User.objects.get(pk=account_id) if account_id else None

    def store(file: SentFile) -> dict[str, Any]:
        upload = store_by_kind(workspace=workspace, name=file.name, data=file.data, mime_type=file.mime_type, user=user)
        about = (upload.name, upload.extension, upload.mime_type, upload.size_bytes)
        return FileReference(kind_of(upload.extension), LOCAL, "", upload.pk, *about).as_json(workspace_id)

    return {
        name: [store(file) for file in value] if _is_list(value) else store(value) if _sent(value) else value
        for name, value in values.items()
    }


def _deleted(ids: list[str]) -> None:
    delete_uploads(UploadFile.objects.filter(pk__in=ids))


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], SentFile)


def _sent(value: Any) -> bool:
    return isinstance(value, SentFile) or _is_list(value)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
