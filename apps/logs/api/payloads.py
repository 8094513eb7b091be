"""Conversations, messages and feedback as the APIs show them (service API 6.1, 6.2, 6.4)."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from apps.common.ids import parse_uuid
from apps.files.links import file_url
from apps.files.models import UploadFile
from apps.files.references import STORED
from apps.logs.choices import MessageStatus
from apps.logs.models import Conversation, Feedback, Message, MessageFile
from apps.logs.variables import ConversationVariable

FIRST: Final = str(UUID(int=0))  # what stands for the parent of a conversation's first message


def conversation_json(conversation: Conversation, *, base_url: str) -> dict[str, Any]:
    """A conversation."""
    return {
        "id": str(conversation.pk),
        "name": conversation.name,
        "inputs": inputs_json(conversation.inputs, base_url=base_url),
        "status": conversation.status,
        "introduction": conversation.introduction,
        "created_at": _seconds(conversation.created_at),
        "updated_at": _seconds(conversation.updated_at),
    }


def variable_json(variable: ConversationVariable, conversation: Conversation) -> dict[str, Any]:
    """A variable of a conversation; lists and objects are JSON text."""
    value = variable.value
    return {
        "id": str(variable.id),
        "name": variable.name,
        "value_type": variable.value_type,
        "value": json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value,
        "description": variable.description,
        "created_at": _seconds(conversation.created_at),
        "updated_at": _seconds(conversation.updated_at),
    }


def message_json(message: Message, uploads: Mapping[UUID, UploadFile], *, base_url: str) -> dict[str, Any]:
    """A message that `list_messages` read."""
    failed = message.status == MessageStatus.ERROR
    return {
        "id": str(message.pk),
        "conversation_id": str(message.conversation_id) if message.conversation_id else None,
        "parent_message_id": str(message.parent_message_id) if message.parent_message_id else FIRST,
        "inputs": inputs_json(message.inputs, base_url=base_url),
        "query": message.query,
        "answer": message.answer.rstrip(),
        "message_files": [message_file_json(file, uploads, base_url=base_url) for file in message.files.all()],
        "feedback": _own_feedback(message),
        "retriever_resources": _resources(message),
        "created_at": _seconds(message.created_at),
        "agent_thoughts": [],
        "status": "error" if failed else "normal",
        "error": message.error if failed else None,
    }


def inputs_json(inputs: Mapping[str, Any], *, base_url: str) -> dict[str, Any]:
    """The values of a form; those that are files with a link."""

    def linked(value: Any) -> Any:
        if isinstance(value, list):
            return [linked(item) for item in value]
        if not isinstance(value, dict) or value.get("dify_model_identity") != STORED:
            return value
        upload_id = parse_uuid(value.get("related_id"))
        return {**value, "url": file_url(upload_id, base_url=base_url) if upload_id else value.get("remote_url")}

    return {name: linked(value) for name, value in inputs.items()}


def message_file_json(file: MessageFile, uploads: Mapping[UUID, UploadFile], *, base_url: str) -> dict[str, Any]:
    """A file of a message; an upload's `url` is signed and good for a while."""
    upload = uploads.get(file.upload_file_id) if file.upload_file_id else None
    url = file_url(file.upload_file_id, base_url=base_url) if file.upload_file_id else file.url
    return {
        "id": str(file.pk),
        "type": file.type,
        "url": url,
        "belongs_to": file.belongs_to,
        "filename": upload.name if upload else None,
        "mime_type": upload.mime_type if upload else None,
        "size": upload.size_bytes if upload else None,
        "transfer_method": file.transfer_method,
        "upload_file_id": str(file.upload_file_id) if file.upload_file_id else None,
    }


def feedback_json(feedback: Feedback) -> dict[str, Any]:
    """An opinion, as the app's owner sees it; times are ISO 8601 here."""
    return {
        "id": str(feedback.pk),
        "app_id": str(feedback.app_id),
        "conversation_id": _id(feedback.conversation_id),
        "message_id": str(feedback.message_id),
        "rating": feedback.rating,
        "content": feedback.content or None,
        "from_source": feedback.source,
        "from_end_user_id": _id(feedback.end_user_id),
        "from_account_id": _id(feedback.account_id),
        "created_at": feedback.created_at.isoformat(),
        "updated_at": feedback.updated_at.isoformat(),
    }


def _own_feedback(message: Message) -> dict[str, str] | None:
    own: Sequence[Feedback] = message.own_feedback  # type: ignore[attr-defined]  # list_messages prefetches it
    return {"rating": own[0].rating} if own else None


def _resources(message: Message) -> list[dict[str, Any]]:
    """The citations with the keys that only stored ones have."""
    return [
        {
            "id": str(uuid5(message.pk, str(resource.get("position")))),
            "message_id": str(message.pk),
            **resource,
            "created_at": _seconds(message.created_at),
        }
        for resource in message.metadata.get("retriever_resources", ())
    ]


def _id(value: UUID | None) -> str | None:
    return str(value) if value is not None else None


def _seconds(value: datetime) -> int:
    return int(value.timestamp())
