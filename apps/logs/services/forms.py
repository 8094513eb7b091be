"""Answers to forms that runs wait for, and the runs that go on with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from apps.common.errors import AppError
from apps.common.text import storable_json
from apps.logs.choices import FlowStatus, FormStatus
from apps.logs.form_selectors import get_form, require_open
from apps.logs.models import HumanForm, Message, PausedRun, WorkflowRun

MAX_CHARACTERS: Final = 100_000
TIMEOUT: Final = "__timeout__"


class InvalidFormData(AppError):
    """What was filled in does not fit the form."""

    code = "invalid_form_data"
    default_message = "The form's data is not valid."


@dataclass(frozen=True, slots=True)
class Claimed:
    """A paused run that is this process's to go on with.

    Args:
        state: sealed.
        answered: the forms that have an answer by now.
        still_open: nodes whose forms have none.
    """

    run: WorkflowRun
    state: bytes
    answered: Sequence[HumanForm]
    still_open: frozenset[str]


def submit_form(*, token: str, action_id: object, values: object, app_id: UUID | None = None) -> Claimed | None:
    """Takes an answer, once; the run that waited for it is claimed in the same transaction.

    Returns:
        The run, None where it has been claimed or has ended meanwhile.

    Raises:
        NotFound: no such form.
        FormSubmitted, FormExpired: 412: it is not open any more.
        InvalidFormData: an unknown button, or values that are no texts.
    """
    with transaction.atomic():
        found = get_form(token=token, app_id=app_id)
        form = HumanForm.objects.select_for_update().get(pk=found.pk)
        require_open(form, timezone.now())
        actions = [str(one.get("id")) for one in form.actions]
        if action_id not in actions:
            raise InvalidFormData(f"action must be one of: {', '.join(actions)}.", params="action")
        _close(form, FormStatus.SUBMITTED, str(action_id), _checked(form, values))
        return _claim(form.run_id)


def expire_forms(*, limit: int = 100) -> list[Claimed]:
    """Closes forms that nobody filled in in time; their runs are this process's to go on with."""
    claimed = []
    due = HumanForm.objects.filter(status=FormStatus.WAITING, expires_at__lte=timezone.now()).order_by("expires_at")
    for form_id in due.values_list("pk", flat=True)[:limit]:
        with transaction.atomic():
            form = (
                HumanForm.objects.select_for_update(skip_locked=True)
                .filter(pk=form_id, status=FormStatus.WAITING)
                .first()
            )
            if form is None:
                continue
            _close(form, FormStatus.EXPIRED, TIMEOUT, {})
            found = _claim(form.run_id)
        if found is not None:
            claimed.append(found)
    return claimed


def claim_answered(*, limit: int = 100) -> list[Claimed]:
    """Paused runs of which a form was filled in while they were on their way to the pause."""
    answered = HumanForm.objects.filter(run_id=OuterRef("pk"), is_used=False).exclude(status=FormStatus.WAITING)
    runs = PausedRun.objects.filter(Exists(answered)).order_by("created_at")
    claimed = []
    for run_id in runs.values_list("pk", flat=True)[:limit]:
        with transaction.atomic():
            found = _claim(run_id)
        if found is not None:
            claimed.append(found)
    return claimed


def _close(form: HumanForm, status: FormStatus, action_id: str, values: Mapping[str, Any]) -> None:
    form.status, form.action_id, form.values = status, action_id, dict(values)
    form.answered_at = timezone.now()
    form.save(update_fields=["status", "action_id", "values", "answered_at"])


def _checked(form: HumanForm, values: object) -> Mapping[str, Any]:
    if values is None:
        values = {}
    if not isinstance(values, Mapping):
        raise InvalidFormData("inputs must be an object.", params="inputs")
    return {field["output_variable_name"]: _value(field, values, form) for field in form.inputs}


def _value(field: Mapping[str, Any], values: Mapping[str, Any], form: HumanForm) -> Any:
    name = str(field["output_variable_name"])
    value = values.get(name, form.defaults.get(name))
    if field.get("type") in ("file", "file-list"):
        return storable_json(value)
    text = "" if value is None else str(storable_json(value)) if isinstance(value, str | int | float) else None
    if text is None or len(text) > MAX_CHARACTERS:
        raise InvalidFormData(f"{name} must be a text of at most {MAX_CHARACTERS:,} characters.", params=name)
    options = field.get("options") or []
    if field.get("type") == "select" and options and text not in options:
        raise InvalidFormData(f"{name} must be one of: {', '.join(options)}.", params=name)
    return text


def _claim(run_id: UUID) -> Claimed | None:
    """The run goes on here: it has a lease again, and what it goes on from is taken out."""
    pause = PausedRun.objects.select_for_update(of=("self",)).filter(pk=run_id).select_related("run").first()
    if pause is None or pause.run.status != FlowStatus.PAUSED:
        return None
    forms = list(HumanForm.objects.filter(run_id=run_id))
    answered = [form for form in forms if form.status != FormStatus.WAITING and not form.is_used]
    state, lease = bytes(pause.state), timezone.now() + timedelta(seconds=settings.RUN_LEASE_S)
    HumanForm.objects.filter(pk__in=[form.pk for form in answered]).update(is_used=True)
    WorkflowRun.objects.filter(pk=run_id).update(status=FlowStatus.RUNNING, lease_until=lease)
    Message.objects.filter(pk__in=[pause.run.message_id], finished_at=None).update(lease_until=lease)
    run = pause.run
    pause.delete()
    still_open = frozenset(form.node_id for form in forms if form.status == FormStatus.WAITING)
    return Claimed(run, state, answered, still_open)
