"""Invitations: a link for each invited address. Its secret is made from the row and SECRET_KEY, and is stored nowhere:
the row holds a digest to find it by, and members and mails get the link made anew."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from apps.common import mail
from apps.common.errors import InvalidParam, NotFound
from apps.common.ids import new_id
from apps.common.jobs import enqueue
from apps.workspaces.choices import Role, WorkspaceStatus
from apps.workspaces.errors import AlreadyMember, InvitationExpired, InvitationInvalid, InvitedElsewhere
from apps.workspaces.models import AuditEvent, Invitation, Membership, User, Workspace

from . import audit
from .accounts import clean_email, create_user, update_profile
from .members import add_member, assignable

MAX_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Invited:
    """What became of some addresses.

    Args:
        invitations: those invited now, an earlier invitation of the same address replaced.
        failed: the others as typed, each with the reason.
    """

    invitations: Sequence[Invitation]
    failed: Sequence[tuple[str, str]]


def invite(*, workspace: Workspace, emails: Sequence[str], role: str, by: User) -> Invited:
    """Invites people; each gets a mail where mail is set up.

    Args:
        emails: at most 50, as typed.
        role: any but owner.

    Raises:
        InvalidParam: no such role, no address or too many.
        OwnerIsFixed: a second owner.
    """
    role = assignable(role)
    wanted = list(dict.fromkeys(email.strip() for email in emails if email.strip()))
    if not 1 <= len(wanted) <= MAX_AT_ONCE:
        raise InvalidParam(f"Give between 1 and {MAX_AT_ONCE} e-mail addresses.", params="emails")
    invitations, failed = [], []
    for email in wanted:
        try:
            invitations.append(_invite_one(workspace, email, role, by))
        except (InvalidParam, AlreadyMember) as problem:
            failed.append((email[:254], problem.message))
    return Invited(invitations, failed)


def renew(*, workspace: Workspace, invitation_id: UUID, by: User) -> Invitation:
    """Sends an invitation anew: it gets its whole time and another link, and the old link stops.

    Raises:
        NotFound: no such invitation in this workspace.
    """
    with transaction.atomic():
        invitation = _locked(workspace, invitation_id)
        _issue(invitation)
        _record(invitation, by, "invitation.renew")
    return invitation


def withdraw(*, workspace: Workspace, invitation_id: UUID, by: User) -> None:
    """Ends an invitation; its link stops at once.

    Raises:
        NotFound: no such invitation in this workspace.
    """
    with transaction.atomic():
        invitation = _locked(workspace, invitation_id)
        _record(invitation, by, "invitation.withdraw")
        invitation.delete()


def path_of(invitation: Invitation) -> str:
    """The link's path; empty where SECRET_KEY is another one than when it was made (renewing makes a new one)."""
    secret = _secret(invitation)
    return reverse("workspaces:invitation", args=[secret]) if digest_of(secret) == invitation.digest else ""


def digest_of(secret: str) -> str:
    """What the row of a link's secret holds."""
    return sha256(secret.encode()).hexdigest()


def get_by_secret(secret: str) -> Invitation:
    """The open invitation of a link.

    Raises:
        InvitationInvalid: used, withdrawn, replaced, never there, or its workspace was closed: all alike.
        InvitationExpired: its time is over.
    """
    rows = Invitation.objects.filter(digest=digest_of(secret))
    return _usable(rows.select_related("workspace", "invited_by").first())


def accept(*, secret: str, user: User) -> Membership:
    """A person with an account joins.

    Raises:
        InvitationInvalid, InvitationExpired.
        InvitedElsewhere: the account has another e-mail address.
    """
    with transaction.atomic():
        invitation = _claim(secret)
        if user.email != invitation.email:
            raise InvitedElsewhere
        return _join(invitation, user)


def register(*, secret: str, name: str, password: str, language: str, time_zone: str) -> Membership:
    """A person without an account gets one, and joins.

    Args:
        language, time_zone: as for `accounts.update_profile`.

    Raises:
        InvitationInvalid, InvitationExpired.
        InvalidParam: a field is not acceptable, or the address got an account in the meantime.
    """
    with transaction.atomic():
        invitation = _claim(secret)
        user = create_user(email=invitation.email, password=password, name=name)
        update_profile(user=user, name=name, language=language, time_zone=time_zone)
        return _join(invitation, user)


def send_mail(*, invitation_id: UUID) -> bool:
    """Sends an invitation's mail unless it was sent; what became of it is an audit event, which the page shows."""
    invitation = Invitation.objects.filter(pk=invitation_id).select_related("workspace", "invited_by").first()
    if invitation is None or invitation.expires_at <= timezone.now() or _was_mailed(invitation):
        return False
    try:
        mail.send(to=invitation.email, **_letter(invitation))
    except mail.MailFailed as problem:
        _record(invitation, None, "invitation.mail_failed", reason=problem.message)
        return False
    _record(invitation, None, "invitation.mail")
    return True


def send_forgotten_mails() -> int:
    """Sends what no worker was woken for: invitations some minutes old of whose mail nothing is known."""
    if not mail.can_send():
        return 0
    now, valid = timezone.now(), timedelta(hours=settings.INVITE_EXPIRY_HOURS)
    waiting = Invitation.objects.filter(
        expires_at__gt=now + valid - timedelta(hours=1), expires_at__lt=now + valid - timedelta(minutes=2)
    )
    return sum(send_mail(invitation_id=pk) for pk in waiting.values_list("pk", flat=True)[:100])


def _invite_one(workspace: Workspace, email: str, role: str, by: User) -> Invitation:
    email = clean_email(email)
    if Membership.objects.filter(workspace=workspace, user__email=email).exists():
        raise AlreadyMember
    with transaction.atomic():
        invitation, _made = Invitation.objects.select_for_update().get_or_create(
            workspace=workspace,
            email=email,
            defaults={"expires_at": timezone.now(), "digest": new_id().hex},  # replaced below
        )
        invitation.role, invitation.invited_by = role, by
        _issue(invitation)
        _record(invitation, by, "invitation.create", role=role)
    return invitation


def _issue(invitation: Invitation) -> None:
    invitation.expires_at = timezone.now() + timedelta(hours=settings.INVITE_EXPIRY_HOURS)
    invitation.digest = digest_of(_secret(invitation))
    invitation.save()
    if mail.can_send():
        enqueue("workspaces.send_invitation", invitation.pk)


def _secret(invitation: Invitation) -> str:
    issued = f"{invitation.pk} {invitation.email} {invitation.expires_at.timestamp():.6f}"
    code = salted_hmac("workspaces.invitation", issued, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(code).decode().rstrip("=")


def _locked(workspace: Workspace, invitation_id: UUID) -> Invitation:
    found = Invitation.objects.select_for_update().filter(workspace=workspace, pk=invitation_id).first()
    if found is None:
        raise NotFound("There is no such invitation; it was used or withdrawn.")
    return found


def _claim(secret: str) -> Invitation:
    rows = Invitation.objects.select_for_update(of=("self",)).filter(digest=digest_of(secret))
    return _usable(rows.select_related("workspace").first())


def _usable(invitation: Invitation | None) -> Invitation:
    if invitation is None or invitation.workspace.status != WorkspaceStatus.NORMAL:
        raise InvitationInvalid
    if invitation.expires_at <= timezone.now():
        raise InvitationExpired
    return invitation


def _join(invitation: Invitation, user: User) -> Membership:
    workspace = invitation.workspace
    existing = Membership.objects.filter(workspace=workspace, user=user).first()
    membership = existing or add_member(workspace=workspace, user=user, role=invitation.role, by=user)
    invitation.delete()
    return membership


def _was_mailed(invitation: Invitation) -> bool:
    issued = invitation.expires_at - timedelta(hours=settings.INVITE_EXPIRY_HOURS)
    return AuditEvent.objects.filter(
        workspace=invitation.workspace,
        created_at__gte=issued,
        action__startswith="invitation.mail",
        object_id=str(invitation.pk),
    ).exists()


def _letter(invitation: Invitation) -> dict[str, str]:
    """Subject and text, in the language of whoever invites."""
    by = invitation.invited_by
    with translation.override((by and by.language) or "en"):
        names = {
            "workspace": invitation.workspace.name,
            "product": settings.PRODUCT_NAME,
            "who": (by and (by.name or by.email)) or _("A member"),
            "role": str(Role(invitation.role).label),
            "link": mail.absolute(path_of(invitation)),
            "hours": settings.INVITE_EXPIRY_HOURS,
        }
        text = _(
            "%(who)s invites you to the workspace “%(workspace)s” on %(product)s, as: %(role)s.\n\n"
            "Open this link to join. It is good for %(hours)s hours:\n\n%(link)s\n\n"
            "If you do not know what this is about, do nothing."
        )
        return {"subject": _("Invitation to %(workspace)s") % names, "text": text % names}


def _record(invitation: Invitation, by: User | None, action: str, **data: object) -> None:
    audit.record(
        workspace=invitation.workspace,
        user=by,
        action=action,
        object_type="invitation",
        object_id=invitation.pk,
        data={"name": invitation.email, **data},
    )
