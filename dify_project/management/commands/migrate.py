"""Django's command; an empty database gets its tables in one step."""

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import migrate
from django.db import connections

from dify_project import schema


class Command(migrate.Command):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--one-by-one", action="store_true", help="Applies every migration in turn to an empty database, too."
        )

    def handle(self, *args: Any, one_by_one: bool = False, **options: Any) -> None:
        is_whole = not any(options[name] for name in ("app_label", "fake", "plan", "check_unapplied", "prune"))
        if is_whole and not one_by_one and schema.load(connections[options["database"]]) and options["verbosity"]:
            self.stdout.write("The database was empty: made this version's tables in one step.")
        super().handle(*args, **options)
