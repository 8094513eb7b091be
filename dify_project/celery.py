"""The Celery app. Its broker only wakes workers: without CELERY_BROKER_URL that is Postgres itself.

To run a task at intervals, an app puts it in its `schedule.py`; nothing else names it:

    SCHEDULE = {"knowledge.sweep_documents": 15.0}   # task name: seconds between runs

Each worker process started by `up` may run beat, and a run may come late or twice, so such a task is idempotent
and short. Its result is not kept. The name is what `@shared_task(name=…)` in the app's `tasks.py` says.
"""

import importlib
import os
from typing import Any
from urllib.parse import quote, urlencode

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dify_project.settings.prod")


def broker_url() -> str:
    """The configured broker, else Kombu's SQLAlchemy transport on the default database."""
    from django.conf import settings

    if settings.CELERY_BROKER_URL:
        return str(settings.CELERY_BROKER_URL)
    database: dict[str, Any] = settings.DATABASES["default"]
    host = str(database["HOST"])
    query = {key: value for key, value in database["OPTIONS"].items() if key != "pool"}
    if host.startswith("/"):
        query["host"], host = host, ""
    user, password = quote(str(database["USER"]), safe=""), quote(str(database["PASSWORD"]), safe="")
    login = f"{user}:{password}@" if user else ""
    port = f":{database['PORT']}" if host and database["PORT"] else ""
    address = f"{login}{host}{port}/{quote(str(database['NAME']), safe='')}"
    return f"sqla+postgresql+psycopg://{address}?{urlencode(query)}"


def beat_schedule() -> dict[str, dict[str, Any]]:
    """The entries of every app's `schedule.py`. A task that finds no worker within its interval is dropped."""
    from apps.common.registry import packages_named

    entries: dict[str, dict[str, Any]] = {}
    for module in packages_named("schedule"):
        for task, interval_s in importlib.import_module(module).SCHEDULE.items():
            entries[task] = {"task": task, "schedule": interval_s, "options": {"expires": interval_s}}
    return entries


app = Celery("dify_project")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(broker_url=broker_url())
app.autodiscover_tasks()


@app.on_after_finalize.connect
def _fill_schedule(sender: Celery, **_: object) -> None:
    sender.conf.beat_schedule = beat_schedule()
