"""Which keys rest, written down for the pages: a process knows of its own, the table of all."""

import asyncio
import logging
from typing import Final

from apps.common import db
from apps.common.errors import AppError
from apps.models.handles import Key
from apps.models.health import Health

log = logging.getLogger(__name__)
_tasks: set[asyncio.Task[None]] = set()
_BEGIN: Final = b"""
    insert into models_keytrouble (credential_id, model, kind, message, since, until)
    select id, %s, %s, %s, now(), now() + make_interval(secs => %s) from models_providercredential where id = %s
    on conflict (credential_id, model) do update
    set kind = excluded.kind, message = excluded.message, until = excluded.until
"""
_END: Final = b"delete from models_keytrouble where credential_id = %s and model in (%s, '')"


def note_trouble(key: Key, model: str, health: Health | None) -> None:
    """Writes in the background that a key rests for a model, or (None) that it works again."""
    if key.credential_id is None:
        return
    if health is None or health.error is None:
        work = _write(_END, (key.credential_id, model))
    else:
        error = health.error
        where = "" if health.is_wide else model
        work = _write(_BEGIN, (where, error.kind, error.message, health.rest_s, key.credential_id))
    task = asyncio.create_task(work)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def _write(sql: bytes, values: tuple[object, ...]) -> None:
    try:
        async with db.connect() as connection:
            await connection.execute(sql, values)
    except AppError as error:
        log.warning("the state of a model key could not be written: %s", error.message)
