"""How an app's draft stands to what is published, as the publish menu and the history say it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.workspaces.models import AuditEvent

from .addresses import site_path
from .models import App
from .selectors import get_publishing
from .validation import Problem, validate_config


@dataclass(frozen=True, slots=True)
class Publishing:
    """Draft and published version of one app.

    Args:
        event: when and by whom the published version went live; None where nobody wrote it down.
        problems: what keeps the draft from being published.
        cannot_publish, cannot_run: a sentence why not; "" where it can.
        run_path: of the public page.
    """

    app: App
    event: AuditEvent | None
    has_changes: bool
    problems: Sequence[Problem]
    cannot_publish: str
    cannot_run: str
    run_path: str


def publishing_of(app: App) -> Publishing:
    """How the app stands; `app` comes with its draft and published version."""
    draft, published = app.draft, app.published
    problems = validate_config(app.mode, draft.config) if draft else []
    has_changes = draft is not None and (published is None or draft.config != published.config)
    return Publishing(
        app=app,
        event=get_publishing(app=app),
        has_changes=has_changes,
        problems=problems,
        cannot_publish=_why_not_publish(app, problems, has_changes=has_changes),
        cannot_run=_why_not_run(app),
        run_path=site_path(app),
    )


def _why_not_publish(app: App, problems: Sequence[Problem], *, has_changes: bool) -> str:
    if app.draft is None:
        return _("There is nothing to publish yet.")
    if problems:
        return _("Correct this first:")
    return "" if has_changes else _("The draft is what is published.")


def _why_not_run(app: App) -> str:
    if app.published is None:
        return _("Publish the app first.")
    return "" if app.enable_site else _("The web page is switched off.")
