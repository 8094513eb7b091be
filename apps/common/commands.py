"""Base of every `manage.py` command: with `--json` one object on stdout, errors as JSON on stderr, exit 1."""

import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from .encoding import dumps
from .errors import AppError, InvalidParam, Unavailable


class JsonCommand(BaseCommand):
    """A command whose result is a dict.

    A child writes `arguments()` for its own options and `run()` for its work. Called from Python
    (`call_command`) an `AppError` is raised as it is; from the command line it becomes a sentence or,
    with `--json`, `{"code", "message", "status"}` on stderr, and exit code 1.
    """

    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Adds `--json` and the child's own arguments."""
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        self.arguments(parser)

    def arguments(self, parser: CommandParser) -> None:
        """The child's own arguments."""

    def run(self, **options: Any) -> dict[str, Any]:
        """Does the work; what it returns is printed. Raises AppError for what the caller can put right."""
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs the command and prints its result."""
        result = self.run(**options)
        if options["json"]:
            self.stdout.write(dumps(result))
            return
        for key, value in result.items():
            self.stdout.write(f"{key.replace('_', ' ').capitalize()}: {_plain(value)}")

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """A parser that raises on wrong arguments, so that they too are answered as JSON."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.called_from_command_line = False
        return parser

    def run_from_argv(self, argv: list[str]) -> None:
        """The command line's entry: errors become a sentence or JSON on stderr, and exit code 1."""
        try:
            super().run_from_argv(argv)
        except (AppError, CommandError, ValidationError, OperationalError) as error:
            if "--traceback" in argv:
                raise
            problem = _as_app_error(error)
            self.stderr.write(dumps(problem.body()) if "--json" in argv else problem.message)
            sys.exit(1)


def _as_app_error(error: Exception) -> AppError:
    if isinstance(error, AppError):
        return error
    if isinstance(error, ValidationError):
        return InvalidParam(" ".join(error.messages))
    if isinstance(error, OperationalError):
        return Unavailable("The database cannot be reached.")
    return InvalidParam(str(error).removeprefix("Error: "))


def _plain(value: object) -> str:
    if isinstance(value, str | int | float):
        return str(value)
    return dumps(value)
