"""Publishes an earlier version again."""

from typing import Any

from django.core.management.base import CommandParser

from apps.common.commands import JsonCommand
from apps.prompts.selectors import find_app, get_version
from apps.prompts.services.versions import publish


class Command(JsonCommand):
    help = "Publishes an earlier version again; the draft does not change."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app_id")
        parser.add_argument("number", type=int)

    def run(self, **options: Any) -> dict[str, Any]:
        app = find_app(options["app_id"])
        version = get_version(app=app, number=options["number"])
        return {"published": publish(app=app, version_id=version.pk).number}
