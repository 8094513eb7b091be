"""Makes a service API key for an app."""

from typing import Any

from django.core.management.base import CommandParser

from apps.common.commands import JsonCommand
from apps.prompts.selectors import find_app
from apps.prompts.services.keys import create_app_key


class Command(JsonCommand):
    help = "Makes a service API key for an app; it is shown this once."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app_id")

    def run(self, **options: Any) -> dict[str, Any]:
        return {"token": create_app_key(app=find_app(options["app_id"]))}
