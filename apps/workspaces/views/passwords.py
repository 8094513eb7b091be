"""Forgotten passwords."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View

from apps.common import mail
from apps.common.addresses import peer_network
from apps.common.errors import Forbidden
from apps.common.forms import attempt
from apps.common.pages import done
from apps.common.text import storable
from apps.workspaces.errors import ResetLinkInvalid
from apps.workspaces.forms import ForgotForm, NewPasswordForm
from apps.workspaces.services import passwords


@method_decorator(never_cache, name="dispatch")
class ForgotView(View):
    """Asks for a link. The answer is the same for addresses without an account."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        return _forgot(request, ForgotForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        if not mail.can_send():
            raise Forbidden("This installation sends no mail; ask its operator for a new password.")
        form = ForgotForm(request.POST)
        sent = attempt(form, lambda fields: _request(request, fields))
        return _forgot(request, form, sent=bool(sent))


def _request(request: HttpRequest, fields: dict[str, Any]) -> bool:
    passwords.request_reset(email=storable(fields["email"]), address=peer_network(request))
    return True


def _forgot(request: HttpRequest, form: ForgotForm, *, sent: bool = False) -> HttpResponse:
    context = {"form": form, "can_mail": mail.can_send(), "sent": sent}
    return render(request, "workspaces/forgot_password.html", context, status=400 if form.errors else 200)


@method_decorator([never_cache, sensitive_post_parameters("new", "again")], name="dispatch")
class ResetView(View):
    """Takes the new password."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, user_id: str, token: str) -> HttpResponse:
        try:
            passwords.user_of_link(user_id=user_id, token=token)
        except ResetLinkInvalid:
            return _reset(request, None, 404)
        return _reset(request, NewPasswordForm(), 200)

    def post(self, request: HttpRequest, user_id: str, token: str) -> HttpResponse:
        form = NewPasswordForm(request.POST)
        try:
            user = attempt(
                form, lambda fields: passwords.reset_by_link(user_id=user_id, token=token, password=fields["new"])
            )
        except ResetLinkInvalid:
            return _reset(request, None, 404)
        if user is None:
            return _reset(request, form, 400)
        return done(request, "workspaces:sign_in", _("You have a new password. Sign in with it."))


def _reset(request: HttpRequest, form: NewPasswordForm | None, status: int) -> HttpResponse:
    return render(request, "workspaces/reset_password.html", {"form": form}, status=status)
