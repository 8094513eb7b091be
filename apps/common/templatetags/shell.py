"""Icons, and the import map that lets modules name one another without knowing where they are served from."""

import json
from functools import cache
from pathlib import Path

from django import template
from django.conf import settings
from django.template.context import RequestContext
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
VENDOR = {"markdown": "vendor/markdown.js"}


def _modules() -> dict[str, str]:
    """Every bare specifier with its address: `@/core/dom.js` is `static/js/core/dom.js`."""
    root = Path(settings.BASE_DIR) / "static" / "js"
    own = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.js"))
    files = VENDOR | {f"@/{name}": f"js/{name}" for name in own}
    return {name: static(file) for name, file in files.items()}


@cache
def _import_map() -> str:
    return json.dumps({"imports": _modules()}, separators=(",", ":")).replace("<", "\\u003c")


@register.simple_tag(takes_context=True)
def import_map(context: RequestContext) -> SafeString:
    """The page's import map; it must stand before any module."""
    nonce = context["request"].csp_nonce
    body = mark_safe(_import_map())  # noqa: S308 - file names of ours as JSON, "<" escaped
    return format_html('<script type="importmap" nonce="{}">{}</script>', nonce, body)


@register.simple_tag
def preload(*names: str) -> SafeString:
    """Links that fetch a page's modules at once instead of one after the other."""
    modules = _modules()
    return format_html_join("\n", '<link rel="modulepreload" href="{}">', ((modules[name],) for name in names))


@register.simple_tag
def icon(name: str) -> SafeString:
    """A decorative icon of the sprite."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', static("vendor/icons.svg"), name
    )
