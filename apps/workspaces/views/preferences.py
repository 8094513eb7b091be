"""A person's language and time zone as cookies, which `common.middleware.console_locale` reads: no query per page."""

from django.conf import settings
from django.http import HttpResponse

from apps.common.languages import COOKIE, LANGUAGES
from apps.workspaces.models import User

_AGE_S = 365 * 24 * 3600


def remember(response: HttpResponse, user: User) -> None:
    """Sets what the person chose; what they left open keeps what the browser has."""
    if user.language:
        remember_language(response, user.language)
    if user.time_zone:
        _set(response, "time_zone", user.time_zone)


def remember_language(response: HttpResponse, language: str) -> None:
    """Sets the language of the console in this browser; the browser's own where it is none of ours."""
    if language in LANGUAGES:
        _set(response, COOKIE, language)
    else:
        response.delete_cookie(COOKIE, samesite="Lax")


def remember_theme(response: HttpResponse, theme: str) -> None:
    """Sets light, dark or auto; scripts read and write it too."""
    _set(response, "theme", theme)


def forget_time_zone(response: HttpResponse) -> None:
    """Back to UTC."""
    response.delete_cookie("time_zone", samesite="Lax")


def _set(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=_AGE_S, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
