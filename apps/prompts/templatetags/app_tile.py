"""An app's icon."""

from typing import Protocol

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.prompts.icons import COLOUR, DEFAULT_COLOUR, EMOJI, HasIcon, icon_url, is_emoji

register = template.Library()


class Face(HasIcon, Protocol):
    """An app, a template, or the face of a public page."""

    @property
    def name(self) -> str:
        """Its first letter stands in for a missing icon."""

    @property
    def icon_background(self) -> str:
        """A hexadecimal colour."""


@register.simple_tag
def app_tile(app: Face) -> SafeString:
    """The icon as a picture: the uploaded one, the emoji on its colour, else the name's first letter."""
    picture = icon_url(app)
    if picture:
        return format_html('<img class="tile" src="{}" alt="" width="40" height="40">', picture)
    shown = app.icon if app.icon_type == EMOJI and is_emoji(app.icon) else app.name[:1].upper()
    colour = app.icon_background if COLOUR.fullmatch(app.icon_background) else DEFAULT_COLOUR
    return format_html(
        '<svg class="tile" viewBox="0 0 40 40" aria-hidden="true"><rect width="40" height="40" rx="10" fill="{}"/>'
        '<text x="20" y="21" font-size="20" fill="#15202b" text-anchor="middle" dominant-baseline="central">{}</text>'
        "</svg>",
        colour,
        shown,
    )
