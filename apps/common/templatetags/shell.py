"""Icons, and the import map that lets modules name one another without knowing where they are served from."""

import json
import re
from functools import cache
from pathlib import Path

from django import template
from django.conf import settings
from django.template.context import RequestContext
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join, json_script
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from apps.common.context_processors import navigation
from apps.common.languages import NAMES
from apps.common.navigation import Area
from apps.common.words import words_in

register = template.Library()
VENDOR = {name: f"vendor/{name}.js" for name in ("markdown", "editor", "charts", "flow", "layout")}
IMPORT = re.compile(r"""^(?:import|export)\b(?:[\w\s{},*$]*\bfrom)?\s*["']([^"'.][^"']*)["'];""", re.MULTILINE)


@cache
def _files() -> dict[str, str]:
    """Every bare specifier with its file below static/: `@/core/dom.js` is `js/core/dom.js`."""
    root = Path(settings.BASE_DIR) / "static" / "js"
    own = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.js"))
    return VENDOR | {f"@/{name}": f"js/{name}" for name in own}


@cache
def _import_map() -> str:
    return json.dumps(
        {"imports": {name: static(file) for name, file in _files().items()}}, separators=(",", ":")
    ).replace("<", "\\u003c")


@register.simple_tag(takes_context=True)
def import_map(context: RequestContext) -> SafeString:
    """The page's import map; it must stand before any module."""
    nonce = context["request"].csp_nonce
    body = mark_safe(_import_map())  # noqa: S308 - file names of ours as JSON, "<" escaped
    return format_html('<script type="importmap" nonce="{}">{}</script>', nonce, body)


@cache
def _imports(name: str) -> tuple[str, ...]:
    """The bare specifiers that one of our modules imports when it is loaded."""
    file = _files()[name]
    if not file.startswith("js/"):
        return ()
    source = (Path(settings.BASE_DIR) / "static" / file).read_text()
    return tuple(dict.fromkeys(IMPORT.findall(source)))


@register.simple_tag
def preload(*names: str) -> SafeString:
    """Links that fetch modules and all they import at once, instead of one after the other."""
    wanted = list(names)
    for name in wanted:  # grows while it is walked
        wanted += [other for other in _imports(name) if other not in wanted]
    files = _files()
    return format_html_join("\n", '<link rel="modulepreload" href="{}">', ((static(files[name]),) for name in wanted))


@register.simple_tag
def icon(name: str) -> SafeString:
    """A decorative icon of the sprite."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', static("vendor/icons.svg"), name
    )


@register.simple_tag
def words() -> SafeString:
    """The sentences of our scripts in the page's language."""
    return json_script(words_in(get_language() or "en"), "words")


@register.inclusion_tag("components/language_picker.html", takes_context=True)
def language_picker(context: RequestContext) -> dict[str, object]:
    """Buttons that change the language of pages in front of the console."""
    return {"request": context["request"], "csrf_token": context["csrf_token"], "languages": NAMES}


@register.inclusion_tag("components/tabs.html", takes_context=True)
def tabs(context: RequestContext, area: Area, *ids: object, label: str, mode: str = "") -> dict[str, object]:
    """The pages of an area side by side; `ids` are what their addresses take."""
    request = context["request"]
    items = [
        {"label": item.label, "icon": item.icon, "url": reverse(item.url_name, args=ids), "current": item.current}
        for item in navigation(request, area, mode=mode)
    ]
    return {"items": items, "label": label}
