"""Lists an app's versions."""

from typing import Any

from django.core.management.base import CommandParser

from apps.common.commands import JsonCommand
from apps.prompts.selectors import find_app, list_versions


class Command(JsonCommand):
    help = "Lists an app's versions, newest first."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app_id")

    def run(self, **options: Any) -> dict[str, Any]:
        app = find_app(options["app_id"])
        versions = [
            {
                "number": version.number,
                "is_draft": version.pk == app.draft_id,
                "is_published": version.pk == app.published_id,
                "is_release": version.is_release,
                "note": version.note,
                "created_by": version.created_by.email if version.created_by else None,
                "created_at": version.created_at.isoformat(),
            }
            for version in list_versions(app=app)
        ]
        return {"versions": versions}
