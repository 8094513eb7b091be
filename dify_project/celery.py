"""The Celery app. Its broker only wakes workers: without CELERY_BROKER_URL that is Postgres itself."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dify_project.settings.prod")


def broker_url() -> str:
    """The configured broker, else Kombu's SQLAlchemy transport on the default database."""
    from django.conf import settings
    from sqlalchemy import URL

    if settings.CELERY_BROKER_URL:
        return str(settings.CELERY_BROKER_URL)
    database = settings.DATABASES["default"]
    host = str(database["HOST"])
    socket = {"host": host} if host.startswith("/") else {}
    url = URL.create(
        "postgresql+psycopg",
        username=database["USER"] or None,
        password=database["PASSWORD"] or None,
        host=None if socket else host or None,
        port=int(database["PORT"]) if database["PORT"] and not socket else None,
        database=database["NAME"],
        query=socket,
    )
    return f"sqla+{url.render_as_string(hide_password=False)}"


app = Celery("dify_project")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.broker_url = broker_url()
app.autodiscover_tasks()
