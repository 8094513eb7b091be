"""A Celery worker in one process: a thread per job, and beat in a thread of its own when WORKER_BEAT says so."""

import os
import signal
import threading
from typing import Any

from celery import beat, signals

from .celery import app
from .loading import for_good
from .supervisor.ready import announce

os.environ.setdefault("CELERY_SKIP_CHECKS", "1")  # they import every page, which a worker never serves
JOBS_AT_ONCE = 4
BEAT_TICK_S = 5


@signals.setup_logging.connect
def _keep_logging(**_: Any) -> None:
    """Django's LOGGING stands; Celery sets up its own unless somebody listens here."""


@signals.worker_ready.connect
def _ready(**_: Any) -> None:
    from . import heartbeats  # a model, which needs the apps to be loaded

    threads = [_beat()] if os.environ.get("WORKER_BEAT", "1") == "1" else []

    def alive() -> bool:
        if all(thread.is_alive() for thread in threads):
            return True
        os.kill(os.getpid(), signal.SIGTERM)  # a worker without its beat is started anew
        return False

    heartbeats.keep_beating(part="worker", alive=alive)
    announce()


def _beat() -> threading.Thread:
    """A tick every few seconds is enough to notice a changed schedule; a due task is not waited for so long."""
    service = beat.Service(app, max_interval=BEAT_TICK_S, scheduler_cls=app.conf.beat_scheduler)
    thread = threading.Thread(target=service.start, name="beat", daemon=True)
    thread.start()
    return thread


def main() -> None:
    """Works until SIGTERM, then finishes what it has begun."""
    with for_good():
        worker = app.Worker(
            pool="threads",
            concurrency=JOBS_AT_ONCE,
            loglevel="INFO",
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
            task_events=False,
        )
    worker.start()
    raise SystemExit(worker.exitcode)


if __name__ == "__main__":
    main()
