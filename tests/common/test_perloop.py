"""What a call from sync code opens is closed with it."""

import pytest
from django.db import connection

from apps.common import db, perloop
from tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)
_OPEN = "select count(*) from pg_stat_activity where datname = current_database()"


def count_open() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_OPEN)
        return int(cursor.fetchone()[0])


def test_calls_leave_no_connections_behind():
    before = count_open()
    for _ in range(5):
        assert perloop.call(db.fetch_one("select 1")) == (1,)
    # Postgres takes a moment to see that a client has gone.
    eventually(lambda: count_open() <= before)


def test_in_a_server_s_thread_its_own_loop_is_used_and_stays_open():
    from asgiref.sync import sync_to_async

    async def serve() -> tuple[bool, bool]:
        await db.fetch_one("select 1")
        pool = db._pool.peek()
        await sync_to_async(lambda: perloop.call(db.fetch_one("select 1")))()
        same, is_open = db._pool.peek() is pool, pool is not None and not pool.closed
        return same, is_open

    assert perloop.run(serve()) == (True, True)
