"""The project: settings, addresses, entry points and the supervisor behind `manage.py up`."""

from .celery import app as celery_app

__all__ = ["celery_app"]
