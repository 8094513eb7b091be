"""Signing in, with a brake on guessing that does not let a stranger lock the owner of an account out.

Failures are counted per account, per address and per known browser (after OWASP, "Slow Down Online Guessing
Attacks with Device Cookies"). A browser that signed in before carries a signed cookie and is counted on its own:
while strangers exhaust the account's budget, it still gets in. Accounts that do not exist are treated alike.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth import authenticate
from django.core import signing
from django.http import HttpRequest
from django.utils import timezone

from apps.workspaces.errors import SignInFailed, SignInThrottled
from apps.workspaces.models import SignInAttempt, User

from . import audit

WINDOW = timedelta(minutes=15)
FAILURES_PER_ACCOUNT = 10
FAILURES_PER_DEVICE = 10
FAILURES_PER_ADDRESS = 50
DEVICE_COOKIE = "device"
DEVICE_COOKIE_AGE_S = 180 * 24 * 3600
_SALT = "workspaces.device"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who signed in, and the value of the cookie that makes this browser a known one."""

    user: User
    device_cookie: str


def sign_in(request: HttpRequest, *, email: str, password: str, address: str, device_cookie: str = "") -> SignedIn:
    """Checks a password.

    Args:
        email: as typed; case and outer spaces do not matter.
        address: where the request comes from (`common.addresses.peer_network`).
        device_cookie: the browser's cookie from an earlier success.

    Raises:
        SignInThrottled: too many failures; the same for accounts that do not exist.
        SignInFailed: wrong password, unknown or locked account.
    """
    account = email.strip().lower()[:254]
    device = _known_device(device_cookie, account)
    # Written before the password is looked at: parallel guesses then see one another.
    attempt = SignInAttempt.objects.create(account=account, device=device, address=address)
    if _is_over(attempt):
        attempt.delete()  # refused attempts do not prolong the wait
        raise SignInThrottled
    user = authenticate(request, username=account, password=password)
    if not isinstance(user, User):
        raise SignInFailed
    attempt.delete()
    SignInAttempt.objects.filter(created_at__lt=timezone.now() - WINDOW).delete()
    audit.record(workspace=None, user=user, action="user.sign_in", data={"address": address})
    return SignedIn(user, _device_cookie(account, device))


def _is_over(attempt: SignInAttempt) -> bool:
    recent = SignInAttempt.objects.filter(created_at__gt=timezone.now() - WINDOW)
    of_account = recent.filter(account=attempt.account, device=attempt.device)
    if attempt.device:
        return of_account.count() > FAILURES_PER_DEVICE
    return (
        of_account.count() > FAILURES_PER_ACCOUNT
        or recent.filter(address=attempt.address).count() > FAILURES_PER_ADDRESS
    )


def _device_cookie(account: str, device: str) -> str:
    return signing.dumps([account, device or secrets.token_hex(16)], salt=_SALT)


def _known_device(cookie: str, account: str) -> str:
    """The browser's name, or "" for one that never signed in to this account."""
    try:
        owner, device = signing.loads(cookie, salt=_SALT, max_age=DEVICE_COOKIE_AGE_S)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(device) if owner == account else ""
