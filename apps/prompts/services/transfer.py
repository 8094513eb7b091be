"""App files in and out."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from apps.prompts import dsl
from apps.prompts.choices import AppMode
from apps.prompts.contracts import check_config
from apps.prompts.errors import AppUnavailable, BrokenAppFile
from apps.prompts.models import App
from apps.workspaces.models import User, Workspace

from .apps import create_app
from .versions import publish

RUNNABLE_MODES = frozenset({AppMode.CHAT, AppMode.COMPLETION})
_FIELD_LIMITS = {"description": 4000, "icon_type": 16, "icon": 255, "icon_background": 16}


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of a file: `completed`, or `completed-with-warnings` when something in it is missing here."""

    app_id: UUID
    mode: str
    status: str
    warnings: list[str]


def import_app(
    *, workspace: Workspace, content: str | bytes, user: User | None = None, publish_now: bool = False
) -> ImportResult:
    """Creates an app from an app file.

    Raises:
        BrokenAppFile: with the format's sentence for what is wrong.
        AppUnavailable: a file of an app mode this version cannot run.
    """
    file = dsl.parse(content)
    if file.needs_confirmation:
        raise BrokenAppFile(f"The file's version {file.version} is newer than this product reads. Update it first.")
    if file.mode not in RUNNABLE_MODES:
        raise AppUnavailable(f"Apps of mode {file.mode} cannot be run by this version yet.")
    warnings = check_config(workspace=workspace, mode=file.mode, config=file.config)
    fields = {
        name: value[: _FIELD_LIMITS[name]] if isinstance(value, str) else value for name, value in file.fields.items()
    }
    with transaction.atomic():
        app = create_app(workspace=workspace, name=file.name, mode=file.mode, config=file.config, user=user, **fields)
        if publish_now:
            publish(app=app, user=user)
    status = "completed-with-warnings" if warnings else "completed"
    return ImportResult(app.id, app.mode, status, warnings)


def export_app(*, app: App) -> str:
    """The app's draft as an app file; secrets are never in it."""
    fields = {
        "name": app.name,
        "mode": app.mode,
        "description": app.description,
        "icon_type": app.icon_type,
        "icon": app.icon,
        "icon_background": app.icon_background,
        "use_icon_as_answer_icon": app.use_icon_as_answer_icon,
    }
    if app.draft is None:
        raise AppUnavailable
    return dsl.render(app=fields, mode=app.mode, config=app.draft.config)
