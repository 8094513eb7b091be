"""The triggers of an app: made and brought up to date when a version goes live, switched and renewed by members."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.common import crypto
from apps.common.batches import delete_in_batches
from apps.common.errors import Conflict, InvalidParam
from apps.prompts.locks import lock_app
from apps.prompts.models import App, AppVersion
from apps.workflows.choices import Missed
from apps.workflows.models import Firing, Trigger, new_token
from apps.workflows.selectors import draft_nodes
from apps.workflows.triggers.kinds import SCHEDULE, WEBHOOK, TriggerNode, next_moment, trigger_nodes
from apps.workflows.triggers.signing import new_secret
from apps.workspaces.models import User, Workspace
from apps.workspaces.services import audit


def follow_version(*, app: App, version: AppVersion, now: datetime | None = None) -> None:
    """Makes the triggers of the version that goes live the app's; part of the publishing transaction.

    A trigger that is in the draft alone keeps its row, for its test address; one that is nowhere is deleted, with
    its addresses.
    """
    now = now or timezone.now()
    live = {node.id: node for node in trigger_nodes(version.config)}
    kept = {*live, *draft_nodes(app=app)}
    known = {row.node_id: row for row in Trigger.objects.select_for_update().filter(app=app)}
    for node_id in known.keys() - kept:
        known.pop(node_id).delete()
    for node in live.values():
        row = known.pop(node.id, None) or Trigger(app=app, workspace_id=app.workspace_id, node_id=node.id)
        _go_live(row, node, version, now)
    for row in known.values():
        row.version_id = row.next_run_at = None
        row.save()


def _go_live(row: Trigger, node: TriggerNode, version: AppVersion, now: datetime) -> None:
    was_same = row.version_id is not None and (row.kind, row.data) == (node.kind, dict(node.data))
    row.kind, row.title, row.data, row.version_id = node.kind, node.title, dict(node.data), version.pk
    # A moment that has come while the new version went live is still due, if the schedule is what it was.
    if not was_same or row.next_run_at is None:
        row.next_run_at = _next(row, now)
    row.save()


def prepare_trigger(*, app: App, node_id: str, user: User | None = None) -> Trigger:
    """The row of a trigger of the draft, so that it has a test address before it goes live. Raises InvalidParam."""
    with transaction.atomic():
        app = lock_app(app.pk)
        node = draft_nodes(app=app).get(node_id)
        if node is None:
            raise InvalidParam("The app's draft has no such trigger.", params="node_id")
        fields = {"workspace_id": app.workspace_id, "kind": node.kind, "title": node.title}
        row, is_new = Trigger.objects.get_or_create(app=app, node_id=node.id, defaults=fields)
        if is_new:
            _record(row, app.workspace, user, "trigger.prepare")
    return row


def set_trigger(
    *, trigger: Trigger, user: User | None = None, is_enabled: bool | None = None, missed: str | None = None
) -> None:
    """Switches a trigger, or says what becomes of missed moments; moments that pass while it is off are not missed.

    Args:
        missed: one of `Missed`.

    Raises:
        InvalidParam: another word.
    """
    if missed is not None and missed not in Missed.values:
        raise InvalidParam("missed is once or skip.", params="missed")
    with transaction.atomic():
        row = _locked(trigger)
        if missed is not None:
            row.missed = missed
        if is_enabled is not None and is_enabled != row.is_enabled:
            row.is_enabled = is_enabled
            row.next_run_at = _next(row, timezone.now())
        row.save()
        _record(row, row.app.workspace, user, "trigger.update", is_enabled=row.is_enabled, missed=row.missed)


def renew_address(*, trigger: Trigger, user: User | None = None) -> None:
    """Gives a webhook new addresses; the old ones are worth nothing from then."""
    with transaction.atomic():
        row = _locked(trigger)
        row.token, row.debug_token = new_token(), new_token()
        row.save()
        _record(row, row.app.workspace, user, "trigger.address")


def renew_secret(*, trigger: Trigger, user: User | None = None) -> str:
    """A new secret for a webhook's signatures, from now on wanted. This is the only time it can be read.

    Raises:
        Conflict: not a webhook.
    """
    if trigger.kind != WEBHOOK:
        raise Conflict("Only webhooks are signed.")
    secret = new_secret()
    with transaction.atomic():
        row = _locked(trigger)
        row.secret = crypto.encrypt(row.app.workspace.public_key, secret)
        row.save()
        _record(row, row.app.workspace, user, "trigger.secret")
    return secret


def remove_secret(*, trigger: Trigger, user: User | None = None) -> None:
    """Requests need no signature any more."""
    with transaction.atomic():
        row = _locked(trigger)
        row.secret = None
        row.save()
        _record(row, row.app.workspace, user, "trigger.unsign")


def delete_triggers(*, app_id: Any) -> None:
    """Removes an app's triggers with what they fired."""
    delete_in_batches(Firing.objects.filter(trigger__app_id=app_id))
    with transaction.atomic():
        rows = Trigger.objects.select_for_update().filter(app_id=app_id)  # nothing fires while they are held
        Trigger.objects.filter(pk__in=[row.pk for row in rows]).delete()


def _next(row: Trigger, now: datetime) -> datetime | None:
    is_live = row.is_enabled and row.version_id is not None and row.kind == SCHEDULE
    return next_moment(row.kind, row.data, now) if is_live else None


def _locked(trigger: Trigger) -> Trigger:
    rows = Trigger.objects.select_for_update(of=("self",)).select_related("app__workspace")
    return rows.get(pk=trigger.pk)


def _record(row: Trigger, workspace: Workspace, user: User | None, action: str, **data: object) -> None:
    named: Mapping[str, object] = {"name": str(row), "app": str(row.app_id), **data}
    audit.record(
        workspace=workspace, user=user, action=action, object_type="trigger", object_id=row.pk, data=named
    )  # fmt: skip
