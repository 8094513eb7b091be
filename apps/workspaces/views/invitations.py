"""What an invitation's link opens."""

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View

from apps.common.forms import attempt
from apps.workspaces.errors import InvitationExpired, InvitationInvalid
from apps.workspaces.forms import RegisterForm
from apps.workspaces.models import Invitation, Membership, User
from apps.workspaces.permissions import SESSION_KEY
from apps.workspaces.selectors import has_account
from apps.workspaces.services import invitations
from apps.workspaces.time_zones import offered_zones

from .preferences import remember


@method_decorator([never_cache, sensitive_post_parameters("password")], name="dispatch")
class InvitationView(View):
    """Known people accept by a button once signed in; new ones say who they are."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, secret: str) -> HttpResponse:
        try:
            invitation = invitations.get_by_secret(secret)
        except (InvitationInvalid, InvitationExpired) as problem:
            return _gone(request, problem)
        return _page(request, invitation, RegisterForm(initial={"language": get_language()}))

    def post(self, request: HttpRequest, secret: str) -> HttpResponse:
        try:
            invitation = invitations.get_by_secret(secret)
            if isinstance(request.user, User):
                return _enter(request, invitations.accept(secret=secret, user=request.user))
            if has_account(email=invitation.email):
                return _page(request, invitation, RegisterForm())
            return _register(request, invitation, secret)
        except (InvitationInvalid, InvitationExpired) as problem:
            return _gone(request, problem)


def _register(request: HttpRequest, invitation: Invitation, secret: str) -> HttpResponse:
    form = RegisterForm(request.POST)
    membership = attempt(form, lambda fields: invitations.register(secret=secret, **fields))
    if membership is None:
        return _page(request, invitation, form)
    login(request, membership.user)
    return _enter(request, membership)


def _enter(request: HttpRequest, membership: Membership) -> HttpResponse:
    request.session[SESSION_KEY] = str(membership.workspace_id)
    response = redirect(settings.LOGIN_REDIRECT_URL)
    remember(response, membership.user)
    return response


def _page(request: HttpRequest, invitation: Invitation, form: RegisterForm) -> HttpResponse:
    is_known = has_account(email=invitation.email)
    user = request.user if isinstance(request.user, User) else None
    context = {
        "invitation": invitation,
        "form": form,
        "is_known": is_known,
        "is_other": user is not None and user.email != invitation.email,
        "time_zones": offered_zones(),
    }
    return render(request, "workspaces/invitation.html", context, status=400 if form.errors else 200)


def _gone(request: HttpRequest, problem: InvitationInvalid | InvitationExpired) -> HttpResponse:
    expired = isinstance(problem, InvitationExpired)
    return render(request, "workspaces/invitation_gone.html", {"expired": expired}, status=410 if expired else 404)
