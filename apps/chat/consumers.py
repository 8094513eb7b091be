"""Chats over websockets: the service API's events as JSON frames."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

import orjson
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from apps.common.api import translate
from apps.common.encoding import EventEncoder, FlowEncoder, dumps
from apps.common.errors import AppError, InvalidParam, NotFound
from apps.common.ids import parse_uuid
from apps.prompts.callers import Access, Caller
from apps.prompts.choices import AppMode, InvokeFrom
from apps.prompts.runtime import app_by_id
from apps.workspaces.choices import Role
from apps.workspaces.models import Membership, User
from apps.workspaces.permissions import APP_USERS, BUILDERS, member_of_session
from apps.workspaces.selectors import get_membership

from .asking import ask_chat, ask_completion, ask_workflow, stop_run
from .debugging import as_asked, draft_access
from .replay import attach
from .replay_flow import attach_flow
from .runs import Run

NOT_SIGNED_IN, NO_SUCH_APP = 4401, 4404


class Ended(Exception):
    """The caller may not go on; the socket is closed with this code."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(code)


class RunConsumer(AsyncWebsocketConsumer):
    """One caller's chat with one app. Runs outlive the socket; `attach` finds them again.

    Those who derive from it set `access` once the caller is admitted, and say in `renewed` whether it still holds.
    """

    encoder: ClassVar[type[EventEncoder]] = EventEncoder
    access: Access | None = None
    reader: "asyncio.Task[None] | None" = None

    async def renewed(self, access: Access) -> Access:
        """The access as it stands now. Raises Ended: it is over."""
        raise NotImplementedError

    async def disconnect(self, code: int) -> None:
        self._leave()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.access is None:
            return  # a frame that crossed our close
        await self.answer_errors(text_data, self._handle)

    async def answer_errors(self, text: str | None, handle: Any) -> None:
        """Hands a frame to `handle`; what goes wrong is told in a frame, or closes the socket."""
        try:
            await handle(_parse(text))
        except Ended as ended:
            await self.close(ended.code)
        except Exception as error:  # noqa: BLE001 - the edge; translate() logs what is unexpected
            await self.send(dumps({"event": "error", **translate(error).body()}))

    async def _handle(self, message: Mapping[str, Any]) -> None:
        kind, access = message.get("type"), self.access
        assert access is not None
        if kind == "ping":
            await self.send(dumps({"event": "pong", "time": int(time.time())}))
        elif kind == "stop":
            await stop_run(access, str(message.get("task_id")))
        elif kind == "chat":
            await self.start(await self.renewed(access), message)
        elif kind == "attach":
            await self._attach(await self.renewed(access), message)
        elif kind == "detach":
            self._leave()
            await self.send(dumps({"event": "detached"}))
        else:
            raise InvalidParam("type must be chat, stop, attach, detach or ping.", params="type")

    async def start(self, access: Access, message: Mapping[str, Any]) -> None:
        """Begins the turn a frame asks for. Raises what is wrong with it."""
        self.require_silence()
        body = {"inputs": {}, **message}
        is_completion = access.app.mode == AppMode.COMPLETION
        self._read(await (ask_completion if is_completion else ask_chat)(access, body))

    def require_silence(self) -> None:
        """Raises InvalidParam: a run is being told already."""
        if self.reader is not None and not self.reader.done():
            raise InvalidParam("An answer is being written. Stop it or wait for its end.")

    async def find(self, message_id: UUID, access: Access) -> Run:
        """The caller's run. Raises NotFound."""
        return await attach(message_id, access)

    async def _attach(self, access: Access, message: Mapping[str, Any]) -> None:
        message_id = parse_uuid(message.get("message_id"))
        if message_id is None:
            raise InvalidParam("message_id must be a UUID.", params="message_id")
        self._read(await self.find(message_id, access))

    def _leave(self) -> None:
        """Reads no more of its run, which goes on."""
        if self.reader is not None:
            self.reader.cancel()
            self.reader = None

    def _read(self, run: Run) -> None:
        self._leave()
        self.reader = asyncio.create_task(self._forward(run))

    async def _forward(self, run: Run) -> None:
        is_flow = run.envelope.mode == AppMode.WORKFLOW
        encoder = (FlowEncoder if is_flow else self.encoder)(run.envelope)
        async for batch in run.follow():
            for event in batch:
                await self.send(encoder.text(event))


class MemberConsumer(RunConsumer):
    """A member's chat with an app of their workspace."""

    roles: ClassVar[tuple[Role, ...]] = ()

    async def access_of(self, app_id: UUID, membership: Membership) -> Access:
        """The app as this member may run it now. Raises NotFound, Forbidden."""
        raise NotImplementedError

    async def connect(self) -> None:
        await self.accept()
        user = self.scope["user"]
        if not isinstance(user, User):  # AnonymousUser
            await self.close(NOT_SIGNED_IN)
            return
        membership = await database_sync_to_async(get_membership)(
            user=user, workspace_id=self.scope["session"].get("workspace_id")
        )
        try:
            self.access = await self._admit(membership)
        except AppError:
            await self.close(NO_SUCH_APP)

    async def _admit(self, membership: Membership | None) -> Access:
        if membership is None or membership.role not in self.roles:
            raise NotFound
        return await self.access_of(self.scope["url_route"]["kwargs"]["app_id"], membership)

    async def renewed(self, access: Access) -> Access:
        """The app as it is now, for a session and a membership that are as good as when the socket began."""
        membership = await database_sync_to_async(member_of_session)(self.scope["session"].session_key)
        if membership is None or membership.role not in self.roles:
            raise Ended(NOT_SIGNED_IN)
        if (membership.user_id, membership.workspace_id) != (access.caller.account_id, access.app.workspace_id):
            raise Ended(NOT_SIGNED_IN)
        return await self._admit(membership)


class ChatConsumer(MemberConsumer):
    """The published version, for everybody who uses apps."""

    roles = APP_USERS

    async def access_of(self, app_id: UUID, membership: Membership) -> Access:
        app = await app_by_id(app_id, membership.workspace_id)
        return Access(app, Caller(InvokeFrom.CONSOLE.value, account_id=membership.user_id))


class DebugConsumer(MemberConsumer):
    """The draft, or the version and model a frame names, for those who make the app."""

    roles = BUILDERS

    async def access_of(self, app_id: UUID, membership: Membership) -> Access:
        return await draft_access(app_id, membership)

    async def start(self, access: Access, message: Mapping[str, Any]) -> None:
        access = await as_asked(access, message)
        if access.app.mode == AppMode.WORKFLOW:
            self.require_silence()
            self._read(await ask_workflow(access, {"inputs": {}, **message}))
        else:
            await super().start(access, message)

    async def find(self, message_id: UUID, access: Access) -> Run:
        if access.app.mode == AppMode.WORKFLOW:
            return await attach_flow(str(message_id), access)
        return await super().find(message_id, access)


def _parse(text: str | None) -> Mapping[str, Any]:
    try:
        message = orjson.loads(text or "")
    except ValueError:
        message = None
    if not isinstance(message, dict):
        raise InvalidParam("Send one JSON object for each frame.")
    return message
