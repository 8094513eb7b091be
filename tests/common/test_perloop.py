"""What a call from sync code opens is closed with it."""

import asyncio

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connection

from apps.common import db, perloop
from tests import connections
from tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)


def still_open(backends: set[int]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select 1 from pg_stat_activity where pid = any(%s)", [list(backends)])
        return cursor.fetchone() is not None


@pytest.mark.parametrize("after_a_loop", [False, True])
def test_calls_leave_no_connections_behind(monkeypatch, after_a_loop: bool):
    backends: set[int] = set()
    note = db._Pool._note

    async def noted(pool, made):
        backends.add(made.info.backend_pid)
        await note(pool, made)

    async def two_at_once():
        # The second may get the first one's connection and end while its own is still being made.
        return await asyncio.gather(*(db.fetch_one("select 1") for _ in range(2)))

    if after_a_loop:  # it stays noted in the thread that worked for it
        async_to_sync(sync_to_async(lambda: None))()
    monkeypatch.setattr(db._Pool, "_note", noted)
    with connections.closed_at_once():
        for _ in range(5):
            assert perloop.call(two_at_once()) == [(1,), (1,)]
        assert backends
        # Postgres takes a moment to see that a client has gone.
        eventually(lambda: not still_open(backends))


def test_in_a_server_s_thread_its_own_loop_is_used_and_stays_open():
    async def serve() -> tuple[bool, bool]:
        await db.fetch_one("select 1")
        pool = db._pool.peek()
        await sync_to_async(lambda: perloop.call(db.fetch_one("select 1")))()
        same, is_open = db._pool.peek() is pool, pool is not None and not pool.closed
        return same, is_open

    assert perloop.run(serve()) == (True, True)
