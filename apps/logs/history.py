"""Reads of the hot path: a conversation with its last turns, a run to replay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.common import db
from apps.common.errors import AppError, NotFound
from apps.files.references import FileReference

MAX_TURNS = 100  # more never fits a window; older turns are not read

_CONVERSATION = """
    select c.inputs, c.status, c.variables,
        (select count(*) from logs_message where conversation_id = c.id), m.id, m.query, m.answer
    from logs_conversation c
    left join lateral (
        select id, query, answer, created_at from logs_message
        where conversation_id = c.id and status in ('normal', 'stopped') and answer <> ''
        order by created_at desc, id desc limit %s
    ) m on true
    where c.id = %s and c.app_id = %s and c.invoke_from = %s and c.deleted_at is null
        and c.end_user_id is not distinct from %s and c.account_id is not distinct from %s
    order by m.created_at, m.id
"""
_RUN = """
    select task_id, conversation_id, extract(epoch from created_at)::bigint, status, answer, error_code, error,
        metadata
    from logs_message
    where id = %s and workspace_id = %s and app_id = %s
        and end_user_id is not distinct from %s and account_id is not distinct from %s
        and not exists (
            select from logs_conversation c where c.id = logs_message.conversation_id and c.deleted_at is not null
        )
"""

_PICTURES = """
    select f.message_id, f.transfer_method, f.url, f.upload_file_id, coalesce(u.name, ''), coalesce(u.extension, ''),
        coalesce(u.mime_type, ''), coalesce(u.size_bytes, 0), coalesce(u.storage_key, '')
    from logs_messagefile f
    left join files_uploadfile u on u.id = f.upload_file_id and u.workspace_id = f.workspace_id
    where f.message_id = any(%s) and f.type = 'image' and f.belongs_to = 'user' and (f.url <> '' or u.id is not null)
    order by f.message_id, f.position
"""


class ConversationEnded(AppError):
    """The conversation was closed."""

    code = "conversation_completed"
    default_message = "The conversation has ended. Please start a new conversation."


@dataclass(frozen=True, slots=True)
class Turn:
    """A stored question and answer."""

    message_id: UUID
    query: str
    answer: str


@dataclass(frozen=True, slots=True)
class OpenConversation:
    """A conversation that goes on.

    Args:
        turns: the last ones that have an answer, oldest first.
        variables: conversation variables that were changed.
        message_count: all turns so far.
    """

    inputs: Mapping[str, Any]
    turns: tuple[Turn, ...]
    variables: Mapping[str, Any]
    message_count: int


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run as its row has it; `status` "running" while it has not ended."""

    task_id: UUID
    conversation_id: UUID | None
    created_at: int
    status: str
    answer: str
    error_code: str
    error: str
    metadata: Mapping[str, Any]


async def open_conversation(
    *, conversation_id: UUID, app_id: UUID, invoke_from: str, end_user_id: UUID | None, account_id: UUID | None
) -> OpenConversation:
    """A caller's own conversation with its last turns.

    Raises:
        NotFound: no such conversation of this caller.
        ConversationEnded: it was closed.
    """
    owner = (app_id, invoke_from, end_user_id, account_id)
    rows = await db.fetch_all(_CONVERSATION, MAX_TURNS, conversation_id, *owner)
    if not rows:
        raise NotFound("Conversation Not Exists.")
    if rows[0][1] != "normal":
        raise ConversationEnded
    inputs, _, variables, message_count, *_ = rows[0]
    turns = tuple(Turn(*row[4:]) for row in rows if row[4] is not None)
    return OpenConversation(inputs, turns, variables, message_count)


async def pictures_of(message_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[FileReference]]:
    """The pictures sent with these messages' questions, in their order, by message; those without are left out."""
    found: dict[UUID, list[FileReference]] = {}
    for message_id, *columns in await db.fetch_all(_PICTURES, list(message_ids)):
        found.setdefault(message_id, []).append(FileReference("image", *columns))
    return found


async def stored_run(
    *, message_id: UUID, workspace_id: UUID, app_id: UUID, end_user_id: UUID | None, account_id: UUID | None
) -> StoredRun:
    """A caller's own run. Raises NotFound."""
    row = await db.fetch_one(_RUN, message_id, workspace_id, app_id, end_user_id, account_id)
    if row is None:
        raise NotFound("Message Not Exists.")
    return StoredRun(*row)
