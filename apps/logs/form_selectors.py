"""Reads of forms that runs wait for."""

from datetime import datetime
from typing import Any

from apps.common.errors import AppError, NotFound

from .choices import FormStatus
from .models import HumanForm


class FormSubmitted(AppError):
    """Somebody has filled it in."""

    code = "human_input_form_submitted"
    http_status = 412
    default_message = "This form has already been submitted."


class FormExpired(AppError):
    """Nobody did in time."""

    code = "human_input_form_expired"
    http_status = 412
    default_message = "This form has expired."


def get_form(*, token: str, app_id: Any = None) -> HumanForm:
    """A form by its token. Raises NotFound."""
    forms = HumanForm.objects.select_related("run")
    found = forms.filter(token=token, **({"app_id": app_id} if app_id else {})).first()
    if found is None:
        raise NotFound("Form not found")
    return found


def status_at(form: HumanForm, now: datetime) -> FormStatus:
    """What has become of it; one whose time is over has expired before its row says so."""
    is_late = form.status == FormStatus.WAITING and form.expires_at <= now
    return FormStatus.EXPIRED if is_late else FormStatus(form.status)


def require_open(form: HumanForm, now: datetime) -> None:
    """Raises FormSubmitted, FormExpired."""
    status = status_at(form, now)
    if status == FormStatus.SUBMITTED:
        raise FormSubmitted
    if status == FormStatus.EXPIRED:
        raise FormExpired
