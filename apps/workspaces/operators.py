"""The operators' admin: entered through the console's sign-in page, so that one throttle guards both."""

from typing import NoReturn

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from apps.common.errors import Forbidden, NotFound


class OperatorSite(admin.AdminSite):
    """Django's admin for users with `is_staff`."""

    site_header = site_title = f"{settings.PRODUCT_NAME} operators"
    site_url = "/"

    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """Sends people to the sign-in page; those already signed in are not operators."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise Forbidden("Only operators of this installation may open these pages.")
        return redirect_to_login(request.GET.get("next") or request.path.removesuffix("login/"))

    def logout(  # type: ignore[override]  # the stubs promise a page, this is a redirect
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Ends the session and shows the sign-in page."""
        super().logout(request, extra_context)
        return redirect(settings.LOGOUT_REDIRECT_URL)

    def password_change(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> NoReturn:
        """Passwords are set where it is written to the audit trail: `manage.py reset_password`."""
        raise NotFound
