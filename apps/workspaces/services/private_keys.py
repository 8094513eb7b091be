"""Workspaces' private keys, when SECRET_KEY has changed."""

from django.db import transaction

from apps.common import crypto
from apps.workspaces.models import Workspace


def rewrap_private_keys() -> tuple[int, int]:
    """Wraps every private key that a former SECRET_KEY closed under the present one.

    Returns:
        How many were wrapped anew, and how many no known key opens.
    """
    done = unreadable = 0
    for workspace_id in list(Workspace.objects.values_list("pk", flat=True)):
        with transaction.atomic():
            row = Workspace.objects.select_for_update().only("wrapped_private_key").get(pk=workspace_id)
            try:
                wrapped = crypto.rewrap(bytes(row.wrapped_private_key))
            except crypto.CredentialsUnreadable:
                unreadable += 1
                continue
            if wrapped is not None:
                Workspace.objects.filter(pk=workspace_id).update(wrapped_private_key=wrapped)
                done += 1
    return done, unreadable
