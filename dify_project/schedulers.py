"""Beat's schedule."""

from typing import Any

from celery.beat import SchedulingError
from django_celery_beat.schedulers import DatabaseScheduler


class RecoveringScheduler(DatabaseScheduler):  # type: ignore[misc]  # django-celery-beat has no types
    """The schedule in the database, with a new way to the broker after the old one broke.

    Celery's own keeps one producer for ever; over Kombu's SQLAlchemy transport that one stays "channel disconnected"
    after Postgres was restarted, and nothing periodic runs again.
    """

    def apply_async(self, *args: Any, **kwargs: Any) -> Any:
        """Sends a due task. Raises SchedulingError, after which the next one is sent over a fresh connection."""
        try:
            return super().apply_async(*args, **kwargs)
        except SchedulingError:
            self.__dict__.pop("producer", None)
            connection = self.__dict__.pop("connection", None)
            if connection is not None:
                connection.release()
            raise
