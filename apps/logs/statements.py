"""The SQL of the run writer, in the order a group commit executes it. Each is safe to repeat after a lost answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from apps.common.ids import new_id
from apps.files.references import FileReference
from apps.prompts.callers import Caller


class Statement(Enum):
    """One statement; its rows go out in one batch."""

    END_USER = b"""
        insert into prompts_enduser (id, workspace_id, app_id, kind, session_id, is_anonymous, name, created_at)
        values (%s, %s, %s, %s, %s, %s, '', now()) on conflict (id) do nothing
    """
    CONVERSATION = b"""
        insert into logs_conversation (id, workspace_id, app_id, invoke_from, end_user_id, account_id, name, inputs,
            introduction, variables, status, created_at, updated_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, '{}', 'normal', now(), now()) on conflict (id) do nothing
    """
    BEGIN = b"""
        insert into logs_message (id, workspace_id, app_id, version_id, conversation_id, parent_message_id, task_id,
            invoke_from, end_user_id, account_id, inputs, query, reserved_price, lease_until, status, created_at,
            prompt, answer, error_code, error, provider, model, prompt_tokens, completion_tokens, total_price,
            currency, latency_s, metadata)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, now() + make_interval(secs => %s), 'running',
            to_timestamp(%s), '[]', '', '', '', '', '', 0, 0, 0, 'USD', 0, '{}') on conflict (id) do nothing
    """
    FILE = b"""
        insert into logs_messagefile (id, workspace_id, app_id, message_id, position, type, transfer_method, belongs_to,
            url, upload_file_id, created_at)
        values (%s, %s, %s, %s, %s, %s, %s, 'user', %s, %s, now())
        on conflict (message_id, belongs_to, position) do nothing
    """
    FINISH = b"""
        update logs_message set status = %s, answer = %s, error_code = %s, error = %s, prompt = %s, provider = %s,
            model = %s, prompt_tokens = %s, completion_tokens = %s, total_price = %s, currency = %s, latency_s = %s,
            time_to_first_token_s = %s, metadata = %s, reserved_price = 0, lease_until = null, finished_at = now()
        where id = %s and status = 'running'
    """
    TOUCH = b"update logs_conversation set updated_at = now() where id = %s"
    # Each variable by itself: of turns of one conversation that ran side by side the later end wins.
    VARIABLES = b"update logs_conversation set variables = variables || %s where id = %s"
    RENAME = b"update logs_conversation set name = %s where id = %s and deleted_at is null"
    BEGIN_RUN = b"""
        insert into logs_workflowrun (id, workspace_id, app_id, version_id, conversation_id, message_id, task_id,
            invoke_from, end_user_id, account_id, inputs, lease_until, created_at, status, error_code, error, elapsed_s,
            total_tokens, total_price, currency, total_steps, exceptions_count)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, now() + make_interval(secs => %s), to_timestamp(%s),
            'running', '', '', 0, 0, 0, 'USD', 0, 0) on conflict (id) do nothing
    """
    FINISH_RUN = b"""
        update logs_workflowrun set status = %s, outputs = %s, error_code = %s, error = %s, elapsed_s = %s,
            total_tokens = %s, total_price = %s, currency = %s, total_steps = %s, exceptions_count = %s,
            lease_until = null, finished_at = now()
        where id = %s and status = 'running'
    """
    PAUSE_RUN = b"""
        update logs_workflowrun set status = 'paused', outputs = %s, elapsed_s = %s, total_tokens = %s,
            total_steps = %s, lease_until = null
        where id = %s and status = 'running'
    """
    PAUSED_STATE = b"""
        insert into logs_pausedrun (run_id, workspace_id, app_id, state, created_at) values (%s, %s, %s, %s, now())
        on conflict (run_id) do update set state = excluded.state
    """
    HUMAN_FORM = b"""
        insert into logs_humanform (id, workspace_id, app_id, run_id, node_id, node_title, token, content, inputs,
            actions, defaults, status, action_id, values, is_used, expires_at, created_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'waiting', '', '{}', false, to_timestamp(%s), now())
        on conflict (id) do nothing
    """
    CLOSE_FORMS = b"""
        update logs_humanform set status = 'expired', answered_at = now() where run_id = %s and status = 'waiting'
    """
    PAUSE = b"update logs_message set answer = %s, lease_until = null where id = %s and status = 'running'"
    NODE_RUN = b"""
        insert into logs_noderun (id, workspace_id, app_id, run_id, index, node_id, node_type, title,
            predecessor_node_id, inside_node_id, inputs, process_data, outputs, status, error, elapsed_s, metadata,
            created_at, finished_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, to_timestamp(%s), to_timestamp(%s))
        on conflict do nothing
    """
    DROP_OUTPUTS = b"delete from logs_bigvalue where run_id = %s and node_index = 0 and field = 'outputs'"
    BIG_VALUE = b"""
        insert into logs_bigvalue (id, workspace_id, app_id, run_id, node_index, field, content, characters, created_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s, now()) on conflict (run_id, node_index, field) do nothing
    """
    # Last, so that budgets are locked as shortly as can be. The writer locks for several runs, one locks for itself.
    LOCK_BUDGETS = b"select billing_lock(b, s) from unnest(%s::uuid[], %s::uuid[]) as place(b, s)"
    HOLD = b"select billing_hold(%s, %s::uuid[], %s::uuid[], %s, %s)"
    SETTLE = b"select billing_settle(%s, %s)"
    EXTEND_RUN = b"""
        update logs_workflowrun set lease_until = now() + make_interval(secs => %s)
        where id = any(%s) and status = 'running'
    """
    EXTEND = b"""
        update logs_message set lease_until = now() + make_interval(secs => %s)
        where id = any(%s) and status = 'running'
    """


ORDER = tuple(Statement)


@dataclass(frozen=True, slots=True)
class Beginning:
    """The first write of a turn.

    Args:
        reserved_price: the most the run may cost, held against the workspace's budget until it ends.
        created_at: Unix seconds, as the events carry it.
        files: sent with the question.
    """

    message_id: UUID
    task_id: UUID
    workspace_id: UUID
    app_id: UUID
    version_id: UUID
    conversation_id: UUID | None
    is_new_conversation: bool
    parent_message_id: UUID | None
    conversation_name: str
    introduction: str
    caller: Caller
    inputs: Mapping[str, Any]
    query: str
    reserved_price: Decimal
    lease_s: float
    created_at: float
    files: Sequence[FileReference] = ()

    def operations(self) -> list[tuple[Statement, tuple[Any, ...]]]:
        """End user and conversation where they are new, the running message and its files."""
        caller = self.caller
        owner = (caller.invoke_from, caller.end_user_id, caller.account_id)
        operations: list[tuple[Statement, tuple[Any, ...]]] = []
        if caller.end_user_id is not None and self._may_be_new_user():
            user = (caller.end_user_id, self.workspace_id, self.app_id, caller.invoke_from, caller.session_id)
            operations.append((Statement.END_USER, (*user, caller.is_anonymous)))
        if self.is_new_conversation:
            about = (self.conversation_name, Jsonb(self.inputs), self.introduction)
            values = (self.conversation_id, self.workspace_id, self.app_id, *owner, *about)
            operations.append((Statement.CONVERSATION, values))
        ids = (self.message_id, self.workspace_id, self.app_id, self.version_id, self.conversation_id)
        run = (self.parent_message_id, self.task_id, *owner, Jsonb(self.inputs), self.query)
        operations.append((Statement.BEGIN, (*ids, *run, self.reserved_price, self.lease_s, self.created_at)))
        for position, file in enumerate(self.files, 1):
            sent = (position, file.type, file.transfer_method, file.url, file.upload_id)
            operations.append((Statement.FILE, (new_id(), self.workspace_id, self.app_id, self.message_id, *sent)))
        return operations

    def _may_be_new_user(self) -> bool:
        # Who continues a conversation has a row since its first message.
        return self.is_new_conversation or self.conversation_id is None


@dataclass(frozen=True, slots=True)
class Ending:
    """The last write of a turn."""

    message_id: UUID
    conversation_id: UUID | None
    status: str
    answer: str
    error_code: str
    error: str
    prompt: Sequence[Mapping[str, Any]]
    provider: str
    model: str
    prompt_tokens: int
    completion_tokens: int
    total_price: Decimal
    currency: str
    latency_s: float
    time_to_first_token_s: float | None
    metadata: Mapping[str, Any]

    def operations(self) -> list[tuple[Statement, tuple[Any, ...]]]:
        """The finished message and its conversation's new place in the list."""
        outcome = (
            self.status,
            self.answer,
            self.error_code,
            self.error,
            Jsonb(self.prompt),
            self.provider,
            self.model,
        )
        cost = (self.prompt_tokens, self.completion_tokens, self.total_price, self.currency)
        times = (self.latency_s, self.time_to_first_token_s)
        values = (*outcome, *cost, *times, Jsonb(self.metadata), self.message_id)
        operations: list[tuple[Statement, tuple[Any, ...]]] = [(Statement.FINISH, values)]
        if self.conversation_id is not None:
            operations.append((Statement.TOUCH, (self.conversation_id,)))
        return operations
