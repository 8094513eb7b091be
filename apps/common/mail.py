"""Mail of the product itself, such as invitations: by an SMTP server or by Resend, as MAIL_TYPE says."""

import json
from asyncio import run
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage

from . import http
from .errors import AppError
from .perloop import close_all

TIMEOUT_S = 20.0


class MailFailed(AppError):
    """The mail was not taken; whoever waits for it is told."""

    code = "mail_failed"
    http_status = 502
    retryable = True
    default_message = "The mail server did not take the message."


def can_send() -> bool:
    """Whether an operator set mail up."""
    return bool(settings.MAIL_TYPE)


def absolute(path: str) -> str:
    """A page's address in a mail. Never made of a request's Host header: whoever asks would choose where it leads."""
    return settings.CONSOLE_WEB_URL.rstrip("/") + path


def send(*, to: str, subject: str, text: str) -> None:
    """Sends plain text to one person. Takes seconds: call it from a worker, outside of transactions.

    Raises:
        MailFailed: the server could not be reached or refused; the sentence names no secret.
    """
    (_by_resend if settings.MAIL_TYPE == "resend" else _by_smtp)(to, " ".join(subject.split()), text)


def _by_smtp(to: str, subject: str, text: str) -> None:
    try:
        EmailMessage(subject, text, to=[to]).send()
    except SMTPException as error:
        raise MailFailed(f"The mail server refused the message ({type(error).__name__}).") from error
    except (OSError, ValueError) as error:
        raise MailFailed("The mail server could not be reached; see SMTP_SERVER and SMTP_PORT.") from error


def _by_resend(to: str, subject: str, text: str) -> None:
    message = {"from": settings.DEFAULT_FROM_EMAIL, "to": [to], "subject": subject, "text": text}
    try:
        status = run(_post(json.dumps(message).encode()))
    except AppError as error:
        raise MailFailed("Resend could not be reached.") from error
    if status >= 300:
        raise MailFailed(f"Resend refused the message with status {status}.")


async def _post(body: bytes) -> int:
    """The status Resend answers with (POST /emails, resend.com/docs/api-reference/emails/send-email)."""
    headers = {"Authorization": f"Bearer {settings.RESEND_API_KEY}", "Content-Type": "application/json"}
    try:
        answer = await http.fetch(
            "POST",
            f"{settings.RESEND_API_URL}/emails",
            private_allowed=True,  # an operator's setting, not a member's
            headers=headers,
            body=body,
            timeout_s=TIMEOUT_S,
        )
    finally:
        await close_all()
    return answer.status
