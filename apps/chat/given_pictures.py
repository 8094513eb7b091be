"""Pictures that a caller sends inside its messages, as the files of a question."""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Any, Final

from channels.db import database_sync_to_async

from apps.common.errors import InvalidParam
from apps.files.kinds import limit_mb
from apps.files.references import too_many
from apps.files.services.uploads import store_upload
from apps.prompts.callers import Access
from apps.prompts.services.end_users import ensure_end_user
from apps.workspaces.models import Workspace

_INLINE: Final = re.compile(r"data:(image/(png|jpeg|gif|webp));base64,", re.IGNORECASE)


async def as_files(access: Access, addresses: Sequence[str]) -> list[dict[str, Any]]:
    """File objects of a run request (service API 5.2); what comes as a data URL (RFC 2397) is stored as an upload.

    Raises:
        InvalidParam: the app takes no pictures, or not so many, or a data URL is no picture.
        PayloadTooLarge, StorageUnavailable.
    """
    if not addresses:
        return []
    rules = access.app.require_config().files
    if not rules.enabled:
        raise InvalidParam("This app takes no pictures.", params="messages")
    if len(addresses) > rules.number_limit:
        raise too_many(rules)  # before the first of them is stored
    return [await _file(access, address) for address in addresses]


async def _file(access: Access, address: str) -> dict[str, Any]:
    if not address.lower().startswith("data:"):
        return {"type": "image", "transfer_method": "remote_url", "url": address}
    match = _INLINE.match(address)
    if match is None:
        raise InvalidParam("A picture must be PNG, JPEG, GIF or WebP in base64.", params="messages")
    try:
        data = base64.b64decode(address[match.end() :], validate=True)
    except binascii.Error as error:
        raise InvalidParam("A picture's base64 is broken.", params="messages") from error
    upload_id = await database_sync_to_async(_store)(access, match[2].lower(), match[1].lower(), data)
    return {"type": "image", "transfer_method": "local_file", "upload_file_id": upload_id}


def _store(access: Access, extension: str, mime_type: str, data: bytes) -> str:
    app, caller = access.app, access.caller
    ensure_end_user(workspace_id=app.workspace_id, app_id=app.app_id, caller=caller)
    upload = store_upload(
        workspace=Workspace.objects.get(pk=app.workspace_id),
        name=f"picture.{extension}",
        data=data,
        mime_type=mime_type,
        end_user_id=caller.end_user_id,
        limit_mb=limit_mb(extension),
    )
    return str(upload.pk)
