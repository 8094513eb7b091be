"""What every page of the console needs."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .error_pages import theme_of


@dataclass(frozen=True, slots=True)
class NavItem:
    """An entry of the main navigation.

    Args:
        icon: a name in frontend/icons.json.
        url_name: where it leads.
        sections: URL namespaces whose pages belong to it.
    """

    label: object
    icon: str
    url_name: str
    sections: tuple[str, ...]


NAV = (NavItem(_("Apps"), "layout-grid", "prompts:app_list", ("prompts", "chat")),)


def shell(request: HttpRequest) -> dict[str, object]:
    """Product name, theme and navigation; the workspace comes with the request."""
    return {
        "product_name": settings.PRODUCT_NAME,
        "version": settings.VERSION,
        "theme": theme_of(request),
        "nav": NAV,
    }
