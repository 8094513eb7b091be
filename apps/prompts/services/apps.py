"""Creating, changing and deleting apps."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from apps.common import notify
from apps.common.errors import InvalidParam
from apps.common.text import storable
from apps.prompts.choices import AppMode
from apps.prompts.models import App, new_site_code
from apps.prompts.runtime import APP_TOPIC
from apps.workspaces.models import User, Workspace
from apps.workspaces.services import audit

from .versions import save_draft

EDITABLE = frozenset({"name", "description", "icon_type", "icon", "icon_background", "enable_site", "enable_api"})


def create_app(
    *,
    workspace: Workspace,
    name: str,
    mode: str,
    config: Mapping[str, Any],
    user: User | None = None,
    **fields: Any,
) -> App:
    """Creates an app with `config` as its first draft.

    Args:
        fields: description, icon_type, icon, icon_background, enable_site, enable_api.

    Raises:
        InvalidParam: empty name, unknown mode.
    """
    name = storable(name).strip()[:255]
    if not name:
        raise InvalidParam("Give the app a name.", params="name")
    if mode not in AppMode.values:
        raise InvalidParam("Invalid app mode", params="mode")
    with transaction.atomic():
        app = App.objects.create(workspace=workspace, name=name, mode=mode, created_by=user, **fields)
        save_draft(app=app, config=config, user=user)
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
    """Changes what is not versioned: name, description, icon, switches. Raises InvalidParam for other fields."""
    unknown = set(fields) - EDITABLE
    if unknown:
        raise InvalidParam(f"Cannot change {', '.join(sorted(unknown))}.")
    with transaction.atomic():
        App.objects.filter(id=app.id).update(**fields)
        notify.send(APP_TOPIC, app.id)
        audit.record(
            workspace=app.workspace, user=user, action="app.update", object_type="app", object_id=app.id,
            data={"fields": sorted(fields)},
        )  # fmt: skip
    app.refresh_from_db()
    return app
