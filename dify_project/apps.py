"""Makes the project an app of its own: it has commands, and every process that uses Django gets the Celery app."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Loads the Celery app once all models are there, so that `current_app` is ours in every process."""

    name = "dify_project"

    def ready(self) -> None:
        """Imported for its effect: an app made this way becomes Celery's current one."""
        from . import celery  # noqa: F401
