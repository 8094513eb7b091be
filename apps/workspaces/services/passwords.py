"""Forgotten passwords: a link by mail, good for an hour and for one use (Django's token generator)."""

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from apps.common import mail
from apps.common.ids import new_id, parse_uuid
from apps.common.jobs import enqueue
from apps.workspaces.errors import ResetLinkInvalid
from apps.workspaces.models import User

from . import brakes
from .accounts import reset_password


def request_reset(*, email: str, address: str) -> None:
    """Sends a link if the address has an account. The same happens, as far as anybody can see, if it has none.

    Args:
        email: as typed.
        address: where the request comes from.

    Raises:
        TooManyAttempts: also for addresses without an account.
    """
    brakes.count(purpose="reset", account=email, address=address)
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    enqueue("workspaces.send_reset", user.pk if user else new_id())


def send_link(*, user_id: object) -> bool:
    """Sends the mail; false where there is nobody to send it to."""
    user = _active_user(user_id)
    if user is None:
        return False
    path = reverse("workspaces:reset_password", args=[user.pk, default_token_generator.make_token(user)])
    with translation.override(user.language or "en"):
        names = {"product": settings.PRODUCT_NAME, "link": mail.absolute(path)}
        text = _(
            "Somebody, probably you, forgot the password of this address on %(product)s.\n\n"
            "Open this link within an hour to choose a new one:\n\n%(link)s\n\n"
            "If it was not you, do nothing: your password stays as it is."
        )
        mail.send(to=user.email, subject=_("New password for %(product)s") % names, text=text % names)
    return True


def user_of_link(*, user_id: object, token: str) -> User:
    """Whose link it is.

    Raises:
        ResetLinkInvalid: used, too old or made up.
    """
    user = _active_user(user_id)
    if user is None or not default_token_generator.check_token(user, token):
        raise ResetLinkInvalid
    return user


def reset_by_link(*, user_id: object, token: str, password: str) -> User:
    """Sets the password; the link and every session of the person end with it.

    Raises:
        ResetLinkInvalid.
        InvalidParam: the password is too weak.
    """
    user = user_of_link(user_id=user_id, token=token)
    return reset_password(email=user.email, password=password, by=user)


def _active_user(user_id: object) -> User | None:
    id = parse_uuid(str(user_id))
    return User.objects.filter(pk=id, is_active=True).first() if id else None
