"""What every page of the console needs."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from .error_pages import theme_of
from .navigation import Area, Place, places, places_in


@dataclass(frozen=True, slots=True)
class NavItem:
    """An entry of a navigation.

    Args:
        current: `page` where it is the page shown, `true` where that belongs to it, else empty.
    """

    label: str
    icon: str
    url_name: str
    current: str


def shell(request: HttpRequest) -> dict[str, object]:
    """Product name, theme and navigation; the workspace comes with the request."""
    return {
        "product_name": settings.PRODUCT_NAME,
        "version": settings.VERSION,
        "theme": theme_of(request),
        "nav": SimpleLazyObject(lambda: navigation(request, "main")),
    }


def navigation(request: HttpRequest, area: Area, *, mode: str = "") -> list[NavItem]:
    """The entries of an area that the member of this request sees."""
    membership = getattr(request, "membership", None)
    role = membership.role if membership else ""
    return [
        NavItem(_(place.label), place.icon, place.url_name, _current(request, place))
        for place in places_in(area, role=role, mode=mode)
    ]


def _current(request: HttpRequest, place: type[Place]) -> str:
    match = request.resolver_match
    if match is None:
        return ""
    if match.view_name == place.url_name:
        return "page"
    if match.view_name in place.also or (match.app_name in place.also and not _is_of_another(match.view_name, place)):
        return "true"
    held = (other for other in places.all().values() if place.holds and other.area == place.holds)
    return "true" if any(_current(request, other) for other in held) else ""


def _is_of_another(view_name: str, place: type[Place]) -> bool:
    """Whether another entry of the area, or one below it, names this page itself."""
    known = list(places.all().values())
    rivals = [other for other in known if other.area == place.area and other is not place]
    below = {rival.holds for rival in rivals}
    return any(
        view_name == other.url_name or view_name in other.also
        for other in known
        if other in rivals or other.area in below
    )
