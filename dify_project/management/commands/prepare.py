"""What must be true before the product serves: this version's tables, and the owner the environment names."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from dify_project.settings import env
from dify_project.supervisor.ready import announce

LOCK = 0x7061726C6579  # any number of our own: two machines that start at once migrate one after the other


class Command(BaseCommand):
    help = "Migrates the database under a lock; makes the first owner from ADMIN_EMAIL and ADMIN_PASSWORD."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_lock(%s)", [LOCK])
        try:
            detail = self._migrate()
            self._first_owner()
        finally:
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(%s)", [LOCK])
        owner = get_user_model().objects.exists()
        announce(detail=detail, owner=owner)

    def _migrate(self) -> str:
        executor = MigrationExecutor(connection)
        pending = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        if pending and not env.flag("MIGRATION_ENABLED", default=True):
            raise CommandError(f"{pending} migrations are missing and MIGRATION_ENABLED is off: run manage.py migrate.")
        if pending:
            call_command("migrate", interactive=False, verbosity=1)
        self._make_queue_tables()
        return f"{pending} applied" if pending else "nothing to do"

    def _make_queue_tables(self) -> None:
        """Kombu makes its tables on first use; two processes that do so at once collide."""
        from dify_project.celery import app

        # Where they are, SQLAlchemy is not loaded: a third of this process's time.
        if app.conf.broker_url.startswith("sqla+") and "kombu_message" not in connection.introspection.table_names():
            with app.connection_for_write() as broker:
                broker.SimpleQueue(app.conf.task_default_queue).close()

    def _first_owner(self) -> None:
        email, password = env.text("ADMIN_EMAIL"), env.text("ADMIN_PASSWORD")
        if email and password:
            call_command("setup", email=email, password=password, if_empty=True)
