"""The workspace switcher's entries."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from .models import Membership, User
from .selectors import list_memberships


def workspaces(request: HttpRequest) -> dict[str, object]:
    """`workspaces`: the signed-in user's memberships, read only where a template asks."""

    def memberships() -> list[Membership]:
        return list(list_memberships(user=request.user)) if isinstance(request.user, User) else []

    return {"workspaces": SimpleLazyObject(memberships)}
