"""Pictures on their way to a vision model."""

import asyncio
import base64
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings

from apps.files import storage
from apps.files.errors import FileMissing
from apps.files.links import file_url
from apps.files.references import FileReference
from apps.models.contracts import ChatMessage
from apps.prompts.material import Prompt

log = logging.getLogger(__name__)
# What vision models read; a picture of another kind (SVG) is stored with the message and not sent.
READABLE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


def readable(files: Iterable[FileReference]) -> tuple[FileReference, ...]:
    """The pictures among files that a vision model can be sent."""
    return tuple(
        file for file in files if file.type == "image" and (file.upload_id is None or file.picture_type in READABLE)
    )


async def with_pictures(prompt: Prompt, detail: str) -> Sequence[ChatMessage]:
    """The prompt's messages, those with pictures as content parts.

    A remote picture goes as its address; an upload within the request, or as a signed link where
    MULTIMODAL_SEND_IMAGE_FORMAT is `url` and FILES_URL says where the provider finds this server.
    """
    messages = list(prompt.messages)
    for number, files in prompt.pictures.items():
        message = messages[number]
        parts: list[Mapping[str, Any]] = [{"type": "text", "text": message.content}] if message.content else []
        for file in files:
            address = file.url or await _address(file)
            if address:
                parts.append({"type": "image_url", "image_url": {"url": address, "detail": detail}})
        messages[number] = ChatMessage(message.role, parts)
    return messages


async def _address(file: FileReference) -> str:
    if settings.MULTIMODAL_SEND_IMAGE_FORMAT == "url" and settings.FILES_URL and file.upload_id:
        return file_url(file.upload_id)
    try:
        data = await asyncio.to_thread(storage.read, file.storage_key)
    except FileMissing:
        log.warning("the picture %s is no longer in storage and was not sent", file.upload_id)
        return ""
    return f"data:{file.picture_type};base64,{base64.b64encode(data).decode()}"
