"""Creating, changing and deleting apps."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.common import notify
from apps.common.errors import InvalidParam
from apps.common.text import storable
from apps.prompts.choices import AppMode
from apps.prompts.icons import EMOJI, check_colour, check_emoji
from apps.prompts.models import App, new_site_code
from apps.prompts.runtime import APP_TOPIC
from apps.workspaces.models import User, Workspace
from apps.workspaces.services import audit

from .icons import release_icon
from .versions import save_draft

MAX_NAME = 255
MAX_DESCRIPTION = 4000
SWITCHES = frozenset({"enable_site", "enable_api", "use_icon_as_answer_icon"})
EDITABLE = SWITCHES | {"name", "description", "icon", "icon_background"}


def create_app(
    *,
    workspace: Workspace,
    name: str,
    mode: str,
    config: Mapping[str, Any],
    user: User | None = None,
    copied_from: Mapping[str, Any] | None = None,
    **fields: Any,
) -> App:
    """Creates an app with `config` as its first draft.

    Args:
        copied_from: the configuration of the app this one is a copy of.
        fields: description, icon_type, icon, icon_background, enable_site, enable_api.

    Raises:
        InvalidParam: empty name, unknown mode.
        InvalidAppConfig: it uses what the person may not use.
    """
    name = check_name(name[:MAX_NAME])
    if mode not in AppMode.values:
        raise InvalidParam("Invalid app mode", params="mode")
    with transaction.atomic():
        app = App.objects.create(workspace=workspace, name=name, mode=mode, created_by=user, **fields)
        save_draft(app=app, config=config, user=user, copied_from=copied_from)
        audit.record(workspace=workspace, user=user, action="app.create", object_type="app", object_id=app.id)
    app.refresh_from_db()
    return app


def reset_site_code(*, app: App, user: User | None = None) -> str:
    """Gives the app's public page a new address; the old one and every passport to it are worth nothing from then."""
    code = new_site_code()
    with transaction.atomic():
        App.objects.filter(id=app.id).update(site_code=code)
        notify.send(APP_TOPIC, app.id)
        audit.record(workspace=app.workspace, user=user, action="site.reset", object_type="app", object_id=app.id)
    app.site_code = code
    return code


def update_app(*, app: App, user: User | None = None, **fields: Any) -> App:
    """Changes what is not versioned; pages and API show it at once.

    Args:
        fields: name (1 to 255 characters), description (at most 4,000), icon (an emoji; for pictures see
            `set_icon_picture`), icon_background (#rrggbb), enable_site, enable_api, use_icon_as_answer_icon.

    Raises:
        InvalidParam: another field, or a value that does not fit.
    """
    unknown = set(fields) - EDITABLE
    if unknown:
        raise InvalidParam(f"Cannot change {', '.join(sorted(unknown))}.")
    checked = {name: _checked(name, value) for name, value in fields.items()}
    if "icon" in checked:
        checked["icon_type"] = EMOJI
    before = (app.icon_type, app.icon)
    with transaction.atomic():
        App.objects.filter(id=app.id).update(**checked, updated_at=timezone.now())
        notify.send(APP_TOPIC, app.id)
        audit.record(
            workspace=app.workspace, user=user, action="app.update", object_type="app", object_id=app.id,
            data={"fields": sorted(fields)},
        )  # fmt: skip
        if "icon" in checked:
            release_icon(app.workspace, *before)
    app.refresh_from_db()
    return app


def check_name(name: str) -> str:
    """An app's name as it is stored. Raises InvalidParam."""
    name = storable(name).strip()
    if not name:
        raise InvalidParam("Give the app a name.", params="name")
    if len(name) > MAX_NAME:
        raise InvalidParam(f"A name has at most {MAX_NAME} characters.", params="name")
    return name


def check_description(text: str) -> str:
    """A description as it is stored. Raises InvalidParam."""
    text = storable(text).strip()
    if len(text) > MAX_DESCRIPTION:
        raise InvalidParam(f"A description has at most {MAX_DESCRIPTION:,} characters.", params="description")
    return text


def _checked(name: str, value: Any) -> Any:
    if name in SWITCHES:
        if not isinstance(value, bool):
            raise InvalidParam(f"{name} is true or false.", params=name)
        return value
    if not isinstance(value, str):
        raise InvalidParam(f"{name} must be a string.", params=name)
    if name == "icon_background":
        return check_colour(value, name)
    return {"name": check_name, "description": check_description, "icon": check_emoji}[name](value)
