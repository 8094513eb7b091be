"""Mail in the background: a wake-up only, rows say what there is to send."""

import logging

from celery import shared_task

from apps.common.ids import parse_uuid
from apps.common.mail import MailFailed

from .services import invitations, passwords

log = logging.getLogger(__name__)


@shared_task(name="workspaces.send_invitation", ignore_result=True)
def send_invitation(invitation_id: str) -> bool:
    """Sends an invitation's mail, once."""
    id = parse_uuid(invitation_id)
    return id is not None and invitations.send_mail(invitation_id=id)


@shared_task(name="workspaces.send_forgotten", ignore_result=True)
def send_forgotten() -> int:
    """Sends invitations' mails that no wake-up came for."""
    return invitations.send_forgotten_mails()


@shared_task(name="workspaces.send_reset", ignore_result=True)
def send_reset(user_id: str) -> bool:
    """Sends the link of a forgotten password; if that fails, the person asks again."""
    try:
        return passwords.send_link(user_id=user_id)
    except MailFailed as problem:
        log.warning("the link for a new password was not sent: %s", problem.message)
        return False
