"""The websocket of a public page."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from apps.chat.consumers import NO_SUCH_APP, NOT_SIGNED_IN, Ended, RunConsumer
from apps.common.encoding import dumps
from apps.common.errors import AppError, InvalidParam
from apps.prompts.callers import Access
from apps.prompts.runtime import app_of_site
from apps.webapp import passports
from apps.webapp.encoding import BrowserEncoder

# How long a connection may take to show its passport.
PATIENCE_S: Final = 15


class SiteConsumer(RunConsumer):
    """A visitor's chat with the app of a public page. The first frame shows the passport, answered by `ready`."""

    encoder = BrowserEncoder
    token = ""
    door: asyncio.TimerHandle | None = None

    @property
    def code(self) -> str:
        return str(self.scope["url_route"]["kwargs"]["code"])

    async def connect(self) -> None:
        await self.accept()
        try:
            await app_of_site(self.code)
        except AppError:
            await self.close(NO_SUCH_APP)
            return
        self.door = asyncio.get_running_loop().call_later(PATIENCE_S, self._shut)

    def _shut(self) -> None:
        self.closing = asyncio.create_task(self.close(NOT_SIGNED_IN))

    async def disconnect(self, code: int) -> None:
        if self.door is not None:
            self.door.cancel()
        await super().disconnect(code)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.access is None and self.door is not None:
            await self.answer_errors(text_data, self._admit)
        else:
            await super().receive(text_data, bytes_data)

    async def _admit(self, message: Mapping[str, Any]) -> None:
        if message.get("type") != "auth":
            raise InvalidParam("The first frame must be of type auth, with a token.", params="type")
        self.token = str(message.get("token"))
        self.access = await self._read_passport()
        assert self.door is not None
        self.door.cancel()
        await self.send(dumps({"event": "ready"}))

    async def renewed(self, access: Access) -> Access:
        """The app as published now. Raises Ended: the page was closed or has moved, the passport is worth nothing."""
        return await self._read_passport()

    async def _read_passport(self) -> Access:
        try:
            access = await passports.read(self.token)
        except AppError as error:
            raise Ended(NOT_SIGNED_IN) from error
        if access.app.site_code != self.code:
            raise Ended(NOT_SIGNED_IN)
        return access
