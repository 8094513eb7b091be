"""The chat page's websocket: the service API's events as JSON frames."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from apps.common.api import translate
from apps.common.encoding import EventEncoder, dumps
from apps.common.errors import AppError, InvalidParam, NotFound
from apps.common.ids import parse_uuid
from apps.common.text import storable_json
from apps.prompts.callers import Caller
from apps.prompts.choices import AppMode, InvokeFrom
from apps.prompts.runtime import app_by_id
from apps.workspaces.models import User
from apps.workspaces.permissions import APP_USERS, member_of_session
from apps.workspaces.selectors import get_membership

from .replay import attach
from .requests import read_conversation_id, read_query
from .runs import Run, request_stop
from .turn import TurnRequest, start_turn

NOT_SIGNED_IN, NO_SUCH_APP = 4401, 4404


class ChatConsumer(AsyncWebsocketConsumer):
    """One member's chat with one app of their workspace. Runs outlive the socket; `attach` finds them again."""

    workspace_id: UUID
    app_id: UUID
    caller: Caller
    is_admitted = False

    async def connect(self) -> None:
        self.reader: asyncio.Task[None] | None = None
        await self.accept()
        user = self.scope["user"]
        if not isinstance(user, User):  # AnonymousUser
            await self.close(NOT_SIGNED_IN)
            return
        membership = await database_sync_to_async(get_membership)(
            user=user, workspace_id=self.scope["session"].get("workspace_id")
        )
        self.app_id = self.scope["url_route"]["kwargs"]["app_id"]
        try:
            if membership is None or membership.role not in APP_USERS:
                raise NotFound
            await app_by_id(self.app_id, membership.workspace_id)
        except AppError:
            await self.close(NO_SUCH_APP)
            return
        self.workspace_id = membership.workspace_id
        self.caller = Caller(InvokeFrom.CONSOLE.value, account_id=user.id)
        self.is_admitted = True

    async def disconnect(self, code: int) -> None:
        if self.reader is not None:
            self.reader.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if not self.is_admitted:
            return  # a frame that crossed our close
        try:
            await self._handle(_parse(text_data))
        except Exception as error:  # noqa: BLE001 - the edge; translate() logs what is unexpected
            await self.send(dumps({"event": "error", **translate(error).body()}))

    async def _handle(self, message: Mapping[str, Any]) -> None:
        kind = message.get("type")
        if kind == "ping":
            await self.send(dumps({"event": "pong", "time": int(time.time())}))
        elif kind in ("chat", "attach") and not await self._is_member_still():
            await self.close(NOT_SIGNED_IN)
        elif kind == "chat":
            self._read(await self._start(message))
        elif kind == "stop":
            task_id = parse_uuid(message.get("task_id"))
            if task_id is not None:
                await request_stop(task_id=task_id, caller=self.caller)
        elif kind == "attach":
            message_id = parse_uuid(message.get("message_id"))
            if message_id is None:
                raise InvalidParam("message_id must be a UUID.", params="message_id")
            self._read(await attach(message_id, self.workspace_id, self.app_id, self.caller))
        else:
            raise InvalidParam("type must be chat, stop, attach or ping.", params="type")

    async def _is_member_still(self) -> bool:
        """Whether the session and the membership this socket began with are as good as then."""
        membership = await database_sync_to_async(member_of_session)(self.scope["session"].session_key)
        if membership is None or membership.role not in APP_USERS:
            return False
        return (membership.user_id, membership.workspace_id) == (self.caller.account_id, self.workspace_id)

    async def _start(self, message: Mapping[str, Any]) -> Run:
        if self.reader is not None and not self.reader.done():
            raise InvalidParam("An answer is being written. Stop it or wait for its end.")
        inputs = storable_json(message.get("inputs") or {})
        if not isinstance(inputs, dict):
            raise InvalidParam("inputs must be an object", params="inputs")
        app = await app_by_id(self.app_id, self.workspace_id)
        asks = app.mode != AppMode.COMPLETION or message.get("query")
        return await start_turn(
            TurnRequest(
                app=app,
                caller=self.caller,
                inputs=inputs,
                query=read_query(message) if asks else "",
                conversation_id=read_conversation_id(message),
                files=message.get("files"),
            )
        )

    def _read(self, run: Run) -> None:
        if self.reader is not None:
            self.reader.cancel()
        self.reader = asyncio.create_task(self._forward(run))

    async def _forward(self, run: Run) -> None:
        encoder = EventEncoder(run.envelope)
        async for batch in run.follow():
            for event in batch:
                await self.send(encoder.text(event))


def _parse(text: str | None) -> Mapping[str, Any]:
    try:
        message = orjson.loads(text or "")
    except ValueError:
        message = None
    if not isinstance(message, dict):
        raise InvalidParam("Send one JSON object for each frame.")
    return message
