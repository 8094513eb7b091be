"""Word between processes by Postgres LISTEN/NOTIFY: a topic and an id, on one unpooled connection per process.

Inside a transaction `send` is delivered at its commit, so a change and the word of it cannot part.
A subscriber is called with None when word may have been missed (start, reconnect): it forgets all it cached.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

import psycopg
from django.db import connection as django_connection

from . import db
from .perloop import PerLoop

log = logging.getLogger(__name__)
CHANNEL = "parley"
RECONNECT_S = 1.0

Subscriber = Callable[[str | None], None]
_subscribers: dict[str, list[Subscriber]] = {}


def subscribe(topic: str, subscriber: Subscriber) -> None:
    """Calls `subscriber(id)` in the event loop for each word on `topic`; `subscriber(None)`: forget everything."""
    _subscribers.setdefault(topic, []).append(subscriber)


def unsubscribe(topic: str, subscriber: Subscriber) -> None:
    """Ends a subscription."""
    with suppress(ValueError):
        _subscribers.get(topic, []).remove(subscriber)


def send(topic: str, id: object) -> None:
    """Sends word from sync code, with the current transaction's commit."""
    with django_connection.cursor() as cursor:
        cursor.execute("select pg_notify(%s, %s)", [CHANNEL, f"{topic}:{id}"])


async def asend(topic: str, id: object) -> None:
    """Sends word from async code, at once."""
    await db.execute("select pg_notify(%s, %s)", CHANNEL, f"{topic}:{id}")


class Listener:
    """Keeps the LISTEN connection; `connected` says whether caches may be trusted."""

    def __init__(self) -> None:
        self.connected = False
        self._task = asyncio.create_task(self._run(), name="notify listener")

    async def _run(self) -> None:
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError) as error:
                log.warning("lost the LISTEN connection (%s); trying again", type(error).__name__)
            finally:
                self.connected = False
            await asyncio.sleep(RECONNECT_S)

    async def _listen(self) -> None:
        connection = await psycopg.AsyncConnection.connect(db.conninfo(), autocommit=True)
        async with connection:
            await connection.execute(f"listen {CHANNEL}".encode())
            await db.discard_broken()  # where this connection broke, the pooled ones did too
            for topic in list(_subscribers):
                _call(topic, None)
            self.connected = True
            async for message in connection.notifies():
                topic, _, id = message.payload.partition(":")
                _call(topic, id)

    async def stop(self) -> None:
        """Closes the connection."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task


def _call(topic: str, id: str | None) -> None:
    for subscriber in list(_subscribers.get(topic, [])):
        subscriber(id)


listener: PerLoop[Listener] = PerLoop("notify listener", Listener, Listener.stop)


def is_connected() -> bool:
    """Whether this loop hears the database now, so that what it keeps can be trusted."""
    instance = listener.peek()
    return instance is not None and instance.connected
