"""Prints an app as an app file."""

from typing import Any

from django.core.management.base import CommandParser

from apps.common.commands import JsonCommand
from apps.prompts.selectors import find_app
from apps.prompts.services.transfer import export_app


class Command(JsonCommand):
    help = "Prints an app's draft as an app file (YAML)."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app_id")
        parser.add_argument(
            "--include-secret", action="store_true", help="with secret environment variables (workflows)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        app = find_app(options["app_id"])
        self.stdout.write(export_app(app=app, include_secrets=options["include_secret"]), ending="")
