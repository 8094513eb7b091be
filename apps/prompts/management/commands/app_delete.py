"""Deletes an app with everything it has brought forth."""

from typing import Any

from django.core.management.base import CommandParser

from apps.common.commands import JsonCommand
from apps.common.errors import InvalidParam
from apps.prompts.selectors import find_app
from apps.prompts.services.deletion import delete_app


class Command(JsonCommand):
    help = "Deletes an app with its versions, keys, conversations and files. This cannot be undone."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app_id")
        parser.add_argument("--yes", action="store_true", help="required: this cannot be undone")

    def run(self, **options: Any) -> dict[str, Any]:
        app = find_app(options["app_id"])
        if not options["yes"]:
            raise InvalidParam(f"This deletes {app.name!r} with all its conversations for ever. Say so with --yes.")
        delete_app(app=app)
        return {"deleted": options["app_id"]}
