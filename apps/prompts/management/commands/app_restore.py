"""Makes an earlier version the draft."""

from typing import Any

from django.core.management.base import CommandParser

from apps.common.commands import JsonCommand
from apps.prompts.selectors import find_app, get_version
from apps.prompts.services.versions import restore


class Command(JsonCommand):
    help = "Makes a copy of an earlier version the draft; what is published does not change."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app_id")
        parser.add_argument("number", type=int)

    def run(self, **options: Any) -> dict[str, Any]:
        app = find_app(options["app_id"])
        version = get_version(app=app, number=options["number"])
        return {"draft": restore(app=app, version_id=version.pk).number}
