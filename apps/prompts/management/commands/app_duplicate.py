"""Copies an app."""

from typing import Any

from django.core.management.base import CommandParser

from apps.common.commands import JsonCommand
from apps.prompts.selectors import find_app
from apps.prompts.services.duplicate import duplicate_app


class Command(JsonCommand):
    help = "Makes a new app with the draft, tags and page settings of another; nothing of it is published."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app_id")
        parser.add_argument("--name", default="", help='default: the app\'s with " copy"')

    def run(self, **options: Any) -> dict[str, Any]:
        copy = duplicate_app(app=find_app(options["app_id"]), name=options["name"])
        return {"app_id": copy.id, "name": copy.name}
