"""Which keys rest, written down for the pages: a process knows of its own, the table of all."""

import asyncio
import logging
from typing import Final

from apps.common import db
from apps.common.errors import AppError
from apps.common.perloop import PerLoop
from apps.models.handles import Key
from apps.models.health import Health

log = logging.getLogger(__name__)


async def _nothing_to_stop(_lock: asyncio.Lock) -> None:
    """The lock goes with its loop."""


_tasks: set[asyncio.Task[None]] = set()
# What happened later is written later.
_in_turn: PerLoop[asyncio.Lock] = PerLoop("order of key troubles", asyncio.Lock, _nothing_to_stop)
_BEGIN: Final = b"""
    insert into models_keytrouble (credential_id, model, kind, message, since, until)
    select id, %s, %s, %s, now(), now() + make_interval(secs => %s) from models_providercredential where id = %s
    on conflict (credential_id, model) do update
    set kind = excluded.kind, message = excluded.message, until = excluded.until,
        since = case when models_keytrouble.until < now() then excluded.since else models_keytrouble.since end
"""
_END: Final = b"delete from models_keytrouble where credential_id = %s and model in (%s, '')"


def note_trouble(key: Key, model: str, health: Health | None) -> None:
    """Writes in the background that a key rests for a model, or (None) that it works again."""
    if key.credential_id is None:
        return
    if health is None:
        work = _write(_END, (key.credential_id, model))
    else:
        where = "" if health.is_wide else model
        work = _write(_BEGIN, (where, health.kind, health.message, health.rest_s, key.credential_id))
    task = asyncio.create_task(work)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def _write(sql: bytes, values: tuple[object, ...]) -> None:
    try:
        async with _in_turn.get(), db.connect() as connection:
            await connection.execute(sql, values)
    except AppError as error:
        log.warning("the state of a model key could not be written: %s", error.message)
