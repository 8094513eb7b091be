"""An app's icon."""

import re
from typing import Protocol

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}")
LONGEST_EMOJI = 12  # code points of one joined emoji


class HasIcon(Protocol):
    """An app, or the face of its public page."""

    @property
    def name(self) -> str:
        """Its first letter stands in for a missing icon."""

    @property
    def icon_type(self) -> str:
        """Either emoji or image."""

    @property
    def icon(self) -> str:
        """The emoji, or the image's id."""

    @property
    def icon_background(self) -> str:
        """A hexadecimal colour."""


@register.simple_tag
def app_tile(app: HasIcon) -> SafeString:
    """The icon as a picture: the emoji on its colour, else the name's first letter (images are not shown here)."""
    is_emoji = app.icon_type == "emoji" and not app.icon.isascii() and len(app.icon) <= LONGEST_EMOJI
    colour = app.icon_background if COLOUR.fullmatch(app.icon_background) else "#dff1f5"
    return format_html(
        '<svg class="tile" viewBox="0 0 40 40" aria-hidden="true"><rect width="40" height="40" rx="10" fill="{}"/>'
        '<text x="20" y="21" font-size="20" fill="#15202b" text-anchor="middle" dominant-baseline="central">{}</text>'
        "</svg>",
        colour,
        app.icon if is_emoji else app.name[:1].upper(),
    )
