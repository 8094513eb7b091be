"""A draft while somebody writes it: saved every few seconds, not yet finished, perhaps open in two windows."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.prompts.contracts import advice_on, faults_of
from apps.prompts.errors import AppUnavailable, DraftConflict
from apps.prompts.locks import lock_app
from apps.prompts.models import App, AppVersion
from apps.prompts.validation import Problem, validate_config
from apps.workspaces.models import User

from .versions import save_draft

SITTING_S: Final = 600


def keep_draft(
    *, app: App, config: Mapping[str, Any], base_version_id: UUID | None, user: User, overwrite: bool = False
) -> AppVersion:
    """Stores what an editor holds; it may have faults, which are found when it is published.

    Versions never change, so each save is a new one. So that the history does not fill with half sentences, it takes
    the place of the one before where the same person saved that in the same ten minutes.

    Args:
        base_version_id: the version that was edited.
        overwrite: also where that is no longer the draft; the other one stays in the history.

    Raises:
        DraftConflict: 409: the draft is another one by now.
        ExpertModeOnly: 409: see `save_draft`.
    """
    with transaction.atomic():
        stored = lock_app(app.id).draft
        if stored is not None and stored.config == config:
            return stored
        is_base = stored is None or stored.id == base_version_id
        if stored is not None and not is_base and not overwrite:
            raise DraftConflict(as_stored(stored))
        replaced = stored if is_base and stored is not None and _is_same_sitting(stored, user) else None
        return save_draft(app=app, config=config, user=user, is_unfinished=True, instead_of=replaced)


def as_stored(version: AppVersion) -> dict[str, object]:
    """A draft as an editor takes it."""
    author = version.created_by
    return {
        "version_id": str(version.id),
        "number": version.number,
        "config": version.config,
        "saved_by": (author.name or author.email) if author else "",
        "saved_at": version.created_at.isoformat(),
    }


def draft_of(app: App) -> AppVersion:
    """The app's draft. Raises AppUnavailable: it has none."""
    if app.draft is None:
        raise AppUnavailable
    return app.draft


def as_answer(app: App, version: AppVersion) -> dict[str, Any]:
    """The draft with what keeps it from being published, and what its author should look at besides."""
    problems = [asdict(problem) for problem in validate_config(app.mode, version.config)]
    advice = [Problem(*one) for one in advice_on(mode=app.mode, config=version.config)]
    faults = [Problem(*one) for one in faults_of(mode=app.mode, config=version.config)]
    return {
        **as_stored(version),
        "problems": [*problems, *map(asdict, faults)],
        "checklist": [asdict(one) for one in advice],
    }


def _is_same_sitting(version: AppVersion, user: User) -> bool:
    """Whether nobody would miss the version; a named, restored or published one is a place to go back to."""
    is_own = version.created_by_id == user.pk and not version.is_release and not version.note
    return is_own and version.number > 1 and _sitting(version.created_at) == _sitting(timezone.now())


def _sitting(moment: datetime) -> int:
    return int(moment.timestamp()) // SITTING_S
