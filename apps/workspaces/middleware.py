"""Which workspace a request is about."""

from django.http import HttpRequest
from django.utils.decorators import sync_and_async_middleware
from django.utils.functional import SimpleLazyObject

from apps.common.middleware import Handler, around

from .permissions import find_membership


@sync_and_async_middleware
def current_workspace(get_response: Handler) -> Handler:
    """Sets `request.membership` and `request.workspace`: read on first use, false where there is none."""

    def attach(request: HttpRequest) -> None:
        request.membership = SimpleLazyObject(lambda: find_membership(request))  # type: ignore[attr-defined]
        request.workspace = SimpleLazyObject(  # type: ignore[attr-defined]  # see ConsoleRequest
            lambda: getattr(find_membership(request), "workspace", None)
        )

    return around(get_response, attach)
