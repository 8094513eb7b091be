"""Shows and changes an app's public page and its switches."""

import json
from typing import Any

from django.core.management.base import CommandParser

from apps.common.commands import JsonCommand
from apps.common.errors import InvalidParam
from apps.prompts.addresses import embed_path, site_path
from apps.prompts.models import App
from apps.prompts.selectors import find_app, get_site
from apps.prompts.services.apps import reset_site_code, update_app
from apps.prompts.services.sites import SITE_FIELDS, update_site

STATES = {"on": True, "off": False}


class Command(JsonCommand):
    help = "Shows an app's public page; changes its settings, its address, and the switches of page and API."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app_id")
        parser.add_argument("--set", metavar="JSON", help='settings to change, such as {"title": "Help"}')
        parser.add_argument("--regenerate", action="store_true", help="a new address; the old one is dead at once")
        parser.add_argument("--site", choices=STATES, help="the page's switch")
        parser.add_argument("--api", choices=STATES, help="the API's switch")

    def run(self, **options: Any) -> dict[str, Any]:
        app = find_app(options["app_id"])
        if options["set"]:
            update_site(app=app, **_settings(options["set"]))
        wanted = {"enable_site": options["site"], "enable_api": options["api"]}
        switches = {name: STATES[state] for name, state in wanted.items() if state}
        if switches:
            update_app(app=app, user=None, **switches)
        if options["regenerate"]:
            reset_site_code(app=app)
        return _shown(app)


def _settings(text: str) -> dict[str, Any]:
    try:
        settings = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidParam("--set must be a JSON object.", params="set") from error
    if not isinstance(settings, dict):
        raise InvalidParam("--set must be a JSON object.", params="set")
    unknown = set(settings) - SITE_FIELDS
    if unknown:
        raise InvalidParam(f"There is no setting {min(unknown)!r}. Settings are {', '.join(sorted(SITE_FIELDS))}.")
    return settings


def _shown(app: App) -> dict[str, Any]:
    site = get_site(app)
    return {
        "code": app.site_code,
        "path": site_path(app),
        "embed_path": embed_path(app),
        "enable_site": app.enable_site,
        "enable_api": app.enable_api,
        "settings": {name: getattr(site, name) for name in sorted(SITE_FIELDS)},
    }
