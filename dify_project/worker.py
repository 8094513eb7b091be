"""A Celery worker in one process: a thread per job, and beat in a thread of its own when WORKER_BEAT says so."""

import os
from typing import Any

import django
from celery import beat, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dify_project.settings.prod")
django.setup(set_prefix=False)

from .celery import app  # noqa: E402 - needs the settings
from .supervisor.ready import announce  # noqa: E402

JOBS_AT_ONCE = 4


@signals.setup_logging.connect
def _keep_logging(**_: Any) -> None:
    """Django's LOGGING stands; Celery sets up its own unless somebody listens here."""


@signals.worker_ready.connect
def _ready(**_: Any) -> None:
    if os.environ.get("WORKER_BEAT", "1") == "1":
        beat.EmbeddedService(app, thread=True).start()
    announce()


def main() -> None:
    """Works until SIGTERM, then finishes what it has begun."""
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
