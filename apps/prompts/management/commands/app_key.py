"""Makes, lists and revokes an app's service API keys."""

from typing import Any

from django.core.management.base import CommandParser

from apps.common.commands import JsonCommand
from apps.common.errors import NotFound
from apps.prompts.models import ApiToken, App
from apps.prompts.selectors import find_app, list_keys
from apps.prompts.services.keys import create_app_key, revoke_key


class Command(JsonCommand):
    help = "Makes a service API key for an app, shown this once; or lists or revokes the keys there are."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app_id")
        action = parser.add_mutually_exclusive_group()
        action.add_argument("--list", action="store_true", help="list the app's keys instead")
        action.add_argument("--revoke", metavar="ID_OR_HINT", help="revoke this key instead")

    def run(self, **options: Any) -> dict[str, Any]:
        app = find_app(options["app_id"])
        if options["list"]:
            return {"keys": [_shown(key) for key in list_keys(app=app)]}
        if options["revoke"]:
            key = _meant(app, options["revoke"])
            revoke_key(workspace=app.workspace, token_id=key.pk)
            return {"revoked": str(key.pk), "hint": key.hint}
        return {"token": create_app_key(app=app)}


def _meant(app: App, wanted: str) -> ApiToken:
    keys = [key for key in list_keys(app=app) if wanted in (str(key.pk), key.hint)]
    if len(keys) != 1:
        raise NotFound("The app has no such key." if not keys else "Several keys look like this; name one by its id.")
    return keys[0]


def _shown(key: ApiToken) -> dict[str, Any]:
    return {
        "id": str(key.pk),
        "hint": key.hint,
        "created_at": key.created_at.isoformat(),
        "last_used_at": key.last_used_at.isoformat() if key.last_used_at else None,
    }
