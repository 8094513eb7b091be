"""Who may open a console page, and what the roles mean.

owner: everything. admin: everything but the owner's place. editor: builds apps and knowledge. normal: uses apps.
dataset_operator: builds knowledge only.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeAlias

from django.contrib.auth import get_user
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.common.error_pages import wants_json
from apps.common.errors import Forbidden, Unauthorized

from .choices import Role
from .models import Membership, User, Workspace
from .selectors import get_membership
from .sessions import SessionStore

MEMBERS = tuple(Role)
MANAGERS = (Role.OWNER, Role.ADMIN)
BUILDERS = (*MANAGERS, Role.EDITOR)
APP_USERS = (*BUILDERS, Role.NORMAL)
KNOWLEDGE_BUILDERS = (*BUILDERS, Role.DATASET_OPERATOR)

SESSION_KEY = "workspace_id"
Arguments = ParamSpec("Arguments")


class ConsoleRequest(HttpRequest):
    """A request that `requires` let through (for the type checker; requests are never made of this class)."""

    user: User
    membership: Membership
    workspace: Workspace


ConsoleView: TypeAlias = Callable[Concatenate[ConsoleRequest, Arguments], HttpResponseBase]
View: TypeAlias = Callable[Concatenate[HttpRequest, Arguments], HttpResponseBase]


def find_membership(request: HttpRequest) -> Membership | None:
    """The signed-in user's membership of the workspace in the session, else of the one used last."""
    if not isinstance(request.user, User):
        return None
    return get_membership(user=request.user, workspace_id=request.session.get(SESSION_KEY))


def operator(request: HttpRequest) -> User:
    """Who uses the operators' admin, which lets nobody in who is not signed in."""
    assert isinstance(request.user, User)
    return request.user


def member_of_session(session_key: str | None) -> Membership | None:
    """The membership a session stands for at this moment; for sockets, whose request was long ago.

    None as soon as the person signed out, was locked out or removed, or has a new password.
    """
    request = HttpRequest()
    request.session = SessionStore(session_key)
    request.user = get_user(request)
    return find_membership(request)


def requires(*roles: Role) -> Callable[[ConsoleView[Arguments]], View[Arguments]]:
    """Decorator of console views: only members of the current workspace with one of these roles pass.

    Anonymous people are sent to the sign-in page, scripts get 401; a member with another role gets 403. The role
    is read anew with each request, so a change or removal counts at once. The view still has to find every row
    through `request.workspace`.
    """

    def decorate(view: ConsoleView[Arguments]) -> View[Arguments]:
        @wraps(view)
        def wrapped(request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                if wants_json(request):
                    raise Unauthorized("Sign in first.")
                return redirect_to_login(request.get_full_path())
            membership = find_membership(request)
            if membership is None:
                raise Forbidden("You are not a member of any workspace. Ask a workspace's owner to add you.")
            if membership.role not in roles:
                raise Forbidden(f"Your role here, {membership.get_role_display().lower()}, does not include this.")
            return view(_admitted(request, membership), *args, **kwargs)

        return wrapped

    return decorate


def _admitted(request: HttpRequest, membership: Membership) -> ConsoleRequest:
    request.membership, request.workspace = membership, membership.workspace  # type: ignore[attr-defined]
    return request  # type: ignore[return-value]  # it now has what ConsoleRequest promises
