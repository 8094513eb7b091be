"""Publishes an app's draft."""

from typing import Any

from django.core.management.base import CommandParser

from apps.common.commands import JsonCommand
from apps.prompts.selectors import find_app
from apps.prompts.services.versions import publish


class Command(JsonCommand):
    help = "Makes an app's draft what its page and API run."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app_id")

    def run(self, **options: Any) -> dict[str, Any]:
        return {"published": publish(app=find_app(options["app_id"])).number}
