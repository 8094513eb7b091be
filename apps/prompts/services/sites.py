"""How an app's public page looks, and who may embed it."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from django.db import transaction

from apps.common import notify
from apps.common.errors import InvalidParam
from apps.common.text import shown, storable
from apps.prompts.choices import SiteLanguage
from apps.prompts.icons import EMOJI, check_colour, check_emoji
from apps.prompts.models import App, Site
from apps.prompts.runtime import APP_TOPIC
from apps.workspaces.models import User
from apps.workspaces.services import audit

from .icons import release_icon

MAX_ORIGINS: Final = 50
LENGTHS: Final = {
    "title": 255,
    "description": 4000,
    "copyright": 255,
    "privacy_policy": 2048,
    "custom_disclaimer": 512,
    "input_placeholder": 64,
}
SWITCHES: Final = frozenset({"chat_color_theme_inverted", "show_workflow_steps", "prompt_public"})
_HOST: Final = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,62})(\.[a-z0-9-]{1,63})*|\[[0-9a-f:.]+\]")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def update_site(*, app: App, user: User | None = None, **fields: Any) -> Site:
    """Changes the page's settings; open pages show them at their next load.

    Args:
        fields: title, description, copyright, custom_disclaimer, input_placeholder (texts; an empty title stands for
            the app's name), icon (an emoji, "": the app's), icon_background and chat_color_theme (#rrggbb or ""),
            default_language (see SiteLanguage), privacy_policy (an http or https address or ""), allowed_origins
            (list of origins such as https://example.org:8443, empty: all), and the switches
            chat_color_theme_inverted, show_workflow_steps, prompt_public.

    Raises:
        InvalidParam: another field, or a value that does not fit; `params` names it.
    """
    unknown = set(fields) - set(_CHECKS)
    if unknown:
        raise InvalidParam(f"Cannot change {', '.join(sorted(unknown))}.")
    checked = {name: _CHECKS[name](value, name) for name, value in fields.items()}
    if "icon" in checked:
        checked["icon_type"] = EMOJI if checked["icon"] else ""
    with transaction.atomic():
        site, _ = Site.objects.select_for_update().get_or_create(app=app)
        before = (site.icon_type, site.icon)
        for name, value in checked.items():
            setattr(site, name, value)
        site.save()
        notify.send(APP_TOPIC, app.id)
        audit.record(
            workspace=app.workspace, user=user, action="site.update", object_type="app", object_id=app.id,
            data={"fields": sorted(fields)},
        )  # fmt: skip
        if "icon" in checked:
            release_icon(app.workspace, *before)
    return site


def read_origin(text: str) -> str:
    """An origin as browsers send it (RFC 6454 section 6.1): scheme, host in ASCII, port unless it is the usual one.

    Raises:
        InvalidParam: a path, a user, a wildcard, or no http(s) origin at all.
    """
    wrong = InvalidParam(
        f"{shown(text)} is not an origin; write scheme and host, such as https://example.org.", params="allowed_origins"
    )
    try:
        parts = urlsplit(text.strip())
        port, host = parts.port, _ascii_host(parts)
    except ValueError as error:  # brackets, ports and names that are none
        raise wrong from error
    rest = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in _DEFAULT_PORTS or rest or not _HOST.fullmatch(host):
        raise wrong
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != _DEFAULT_PORTS[parts.scheme] else "")


def _ascii_host(parts: SplitResult) -> str:
    host: str = parts.hostname or ""
    return f"[{host}]" if ":" in host else host.encode("idna").decode("ascii")


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise InvalidParam(f"{name} must be a string.", params=name)
    text = storable(value).strip()
    if name in LENGTHS and len(text) > LENGTHS[name]:
        raise InvalidParam(f"{name} has at most {LENGTHS[name]:,} characters.", params=name)
    return text


def _colour(value: Any, name: str) -> str:
    return check_colour(text, name) if (text := _text(value, name)) else ""


def _icon(value: Any, name: str) -> str:
    return check_emoji(text) if (text := _text(value, name)) else ""


def _language(value: Any, name: str) -> str:
    if value not in SiteLanguage.values:
        raise InvalidParam(f"{shown(value)} is not a language of pages: {', '.join(SiteLanguage.values)}.", params=name)
    return str(value)


def _link(value: Any, name: str) -> str:
    text = _text(value, name)
    try:
        parts = urlsplit(text)
        is_link = parts.scheme in _DEFAULT_PORTS and bool(parts.hostname) and not re.search(r"[\s\x00-\x1f\\]", text)
    except ValueError:
        is_link = False
    if text and not is_link:
        raise InvalidParam("The privacy policy is an address that begins with https:// or http://.", params=name)
    return text


def _origins(value: Any, name: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidParam("allowed_origins is a list of strings.", params=name)
    origins = list(dict.fromkeys(read_origin(item) for item in value if item.strip()))
    if len(origins) > MAX_ORIGINS:
        raise InvalidParam(f"At most {MAX_ORIGINS} origins can be listed.", params=name)
    return origins


def _switch(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidParam(f"{name} is true or false.", params=name)
    return value


_CHECKS: Final[Mapping[str, Callable[[Any, str], Any]]] = {
    **dict.fromkeys(LENGTHS, _text),
    **dict.fromkeys(SWITCHES, _switch),
    "privacy_policy": _link,
    "icon": _icon,
    "icon_background": _colour,
    "chat_color_theme": _colour,
    "default_language": _language,
    "allowed_origins": _origins,
}
SITE_FIELDS: Final = frozenset(_CHECKS)
