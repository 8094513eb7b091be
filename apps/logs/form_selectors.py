"""Reads of forms that runs wait for."""

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class OpenForm:
    """A form as the service API shows it (6.9)."""

    row: HumanForm

    def as_json(self) -> dict[str, Any]:
        """Its content, fields and buttons."""
        return {
            "form_content": self.row.content,
            "inputs": self.row.inputs,
            "resolved_default_values": self.row.defaults,
            "user_actions": self.row.actions,
            "expiration_time": int(self.row.expires_at.timestamp()),
        }


def get_form(*, token: str, app_id: Any = None) -> HumanForm:
    """A form by its token. Raises NotFound."""
    found = HumanForm.objects.filter(token=token, **({"app_id": app_id} if app_id else {})).first()
    if found is None:
        raise NotFound("Form not found")
    return found


def require_open(form: HumanForm, now: datetime) -> OpenForm:
    """Raises FormSubmitted, FormExpired."""
    if form.status == FormStatus.SUBMITTED:
        raise FormSubmitted
    if form.status == FormStatus.EXPIRED or form.expires_at <= now:
        raise FormExpired
    return OpenForm(form)
