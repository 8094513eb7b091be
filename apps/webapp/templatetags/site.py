"""A public page's icon, colours and words for its scripts."""

from base64 import b64encode

from django import template
from django.template.context import RequestContext
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from apps.prompts.icons import icon_url
from apps.prompts.templatetags.app_tile import app_tile
from apps.webapp.colours import palette
from apps.webapp.sites import SiteInfo

register = template.Library()


@register.simple_tag
def site_favicon(site: SiteInfo) -> str:
    """The icon as an address for the browser's tab."""
    picture = icon_url(site)
    if picture:
        return picture
    svg = app_tile(site).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"


@register.simple_tag(takes_context=True)
def site_style(context: RequestContext, site: SiteInfo) -> SafeString:
    """The site's colour as a style sheet under the page's nonce; nothing for the product's own accent."""
    if not site.colour:
        return SafeString()
    css = mark_safe(palette(site.colour).css())  # noqa: S308 - hexadecimal colours of our own making
    return format_html('<style nonce="{}">{}</style>', context["request"].csp_nonce, css)
