"""Writes a part's heartbeat at intervals, from a thread of the process whose life it proves."""

import logging
import os
import socket
import threading
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import Error, connection
from django.utils import timezone

from .models import Heartbeat

log = logging.getLogger(__name__)
INTERVAL_S = 5.0
LATE_S = 20.0  # without a beat for so long, a part counts as gone


def beat(*, part: str) -> None:
    """Writes one heartbeat of this process."""
    row = Heartbeat(
        part=part, host=socket.gethostname(), pid=os.getpid(), version=settings.VERSION, beat_at=timezone.now()
    )
    Heartbeat.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["part", "host"],
        update_fields=["pid", "version", "beat_at"],
    )


def forget_the_gone() -> None:
    """Deletes the rows of machines that have been silent for a day, such as containers long replaced."""
    Heartbeat.objects.filter(beat_at__lt=timezone.now() - timedelta(days=1)).delete()


def keep_beating(*, part: str, alive: Callable[[], bool]) -> threading.Thread:
    """Starts the thread; it ends when `alive` says no. A database that is away is waited for."""

    def run() -> None:
        pause = threading.Event()
        cleared = False
        while alive():
            try:
                beat(part=part)
                if not cleared:
                    forget_the_gone()
                    cleared = True
            except Error as error:
                log.warning("no heartbeat: %s", type(error).__name__)
            finally:
                connection.close()
            pause.wait(INTERVAL_S)

    thread = threading.Thread(target=run, name=f"{part} heartbeat", daemon=True)
    thread.start()
    return thread
