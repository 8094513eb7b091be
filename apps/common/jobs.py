"""Wakes background work by task name, on commit. The row is the job; a lost wake-up only costs time."""

import logging

from django.db import transaction

log = logging.getLogger(__name__)


def enqueue(task_name: str, *args: object) -> None:
    """Sends `task_name` (such as "knowledge.index_document") to a worker once the transaction commits.

    The broker may be down: then the beat task that sweeps the rows finds the work.

    Args:
        task_name: the name a `tasks.py` registered.
        args: ids only.
    """

    def send() -> None:
        from celery import current_app  # imported late: engines and tests need no Celery
        from kombu.exceptions import OperationalError

        try:
            current_app.send_task(task_name, args=[str(arg) for arg in args], ignore_result=True)
        except OperationalError:
            log.warning("no broker for %s; the sweep will find its row", task_name)

    transaction.on_commit(send)
