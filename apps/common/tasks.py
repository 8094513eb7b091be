"""Periodic work of the common layer."""

from celery import shared_task
from django.db import connection


@shared_task(name="common.prune_broker")
def prune_broker() -> int:
    """Deletes the messages Kombu's SQLAlchemy transport handed out, which it hides but keeps; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass('kombu_message') is not null")
        row = cursor.fetchone()
        if row is None or not row[0]:
            return 0
        cursor.execute("delete from kombu_message where not visible")
        return int(cursor.rowcount)
