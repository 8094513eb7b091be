"""Slows down guessing and flooding where people are not signed in, or prove that they are who they are."""

from datetime import timedelta

from django.utils import timezone

from apps.workspaces.errors import TooManyAttempts
from apps.workspaces.models import SignInAttempt

WINDOW = timedelta(minutes=15)
PER_ACCOUNT = 5
PER_ADDRESS = 30


def count(*, purpose: str, account: str, address: str) -> SignInAttempt:
    """Counts an attempt before it is looked at; delete the row once it proved right.

    Args:
        purpose: one word; each purpose has a budget of its own. Accounts that do not exist are counted alike.
        account: what it is about, such as an e-mail address.
        address: where the request comes from (`common.addresses.peer_network`).

    Raises:
        TooManyAttempts: 5 for an account or 30 from an address within 15 minutes.
    """
    SignInAttempt.objects.filter(created_at__lt=timezone.now() - WINDOW).delete()
    attempt = SignInAttempt.objects.create(account=f"{purpose} {account.strip().lower()}"[:254], address=address)
    same_purpose = SignInAttempt.objects.filter(
        account__startswith=f"{purpose} ", created_at__gt=timezone.now() - WINDOW
    )
    if (
        same_purpose.filter(account=attempt.account).count() > PER_ACCOUNT
        or same_purpose.filter(address=address).count() > PER_ADDRESS
    ):
        attempt.delete()  # refused attempts do not prolong the wait
        raise TooManyAttempts
    return attempt
