"""How the public page of an app looks, read once and kept until the database says otherwise."""

import re
from dataclasses import dataclass, fields
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from apps.common import db
from apps.common.caching import NotifiedCache
from apps.common.languages import language_of
from apps.prompts.errors import SiteNotFound
from apps.prompts.runtime import APP_TOPIC, AppRuntime

# What a frame-ancestors directive may hold (CSP level 3, section 2.3.1): a host, with scheme, port or wildcard.
_ORIGIN: Final = re.compile(r"(https?://)?(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:(\d{1,5}|\*))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SiteInfo:
    """The face of a public page: from its settings, else from the app.

    Args:
        icon_type, icon, icon_background: an emoji on a colour, or the id of an uploaded image.
        language: one the interface speaks, see `languages`.
        colour: #rrggbb, or empty for the product's accent.
        privacy_policy: an http(s) address, or empty.
        allowed_origins: who may embed the page besides ourselves; None: everybody.
        shows_steps: whether visitors see the steps of a flow.
    """

    app_id: UUID
    name: str
    description: str
    icon_type: str
    icon: str
    icon_background: str
    use_icon_as_answer_icon: bool
    language: str
    colour: str
    is_colour_inverted: bool
    copyright: str
    privacy_policy: str
    disclaimer: str
    placeholder: str
    allowed_origins: tuple[str, ...] | None
    shows_steps: bool

    @property
    def frame_ancestors(self) -> str:
        """The sources that may embed the page, as a policy spells them."""
        return "*" if self.allowed_origins is None else " ".join(("'self'", *self.allowed_origins))


_FIELDS: Final = tuple(field.name for field in fields(SiteInfo))
_SITE = """
    select a.id, coalesce(nullif(s.title, ''), a.name), coalesce(nullif(s.description, ''), a.description),
        case when s.icon <> '' then s.icon_type else a.icon_type end,
        case when s.icon <> '' then s.icon else a.icon end,
        case when s.icon <> '' then s.icon_background else a.icon_background end,
        a.use_icon_as_answer_icon,
        coalesce(s.default_language, 'en-US'), coalesce(s.chat_color_theme, ''),
        coalesce(s.chat_color_theme_inverted, false), coalesce(s.copyright, ''), coalesce(s.privacy_policy, ''),
        coalesce(s.custom_disclaimer, ''), coalesce(s.input_placeholder, ''), coalesce(s.allowed_origins, '[]'),
        coalesce(s.show_workflow_steps, true)
    from prompts_app a
    left join prompts_site s on s.app_id = a.id
    where a.id = %s
"""


async def _load(app_id: str) -> tuple[str, SiteInfo] | None:
    row = await db.fetch_one(_SITE, UUID(app_id))
    if row is None:
        return None
    values = dict(zip(_FIELDS, row, strict=True))
    values["language"] = language_of(values["language"])
    values["colour"] = values["colour"] if re.fullmatch(r"#[0-9a-fA-F]{6}", values["colour"]) else ""
    values["privacy_policy"] = _web_address(values["privacy_policy"])
    values["allowed_origins"] = _origins(values["allowed_origins"])
    return app_id, SiteInfo(**values)


def _web_address(text: str) -> str:
    try:
        return text if urlsplit(text).scheme in {"http", "https"} else ""
    except ValueError:
        return ""


def _origins(value: Any) -> tuple[str, ...] | None:
    """The entries that are origins. Where none of them is one, nobody may embed: that is not the same as no entries."""
    if not value:
        return None
    entries = [entry.strip().rstrip("/") for entry in value if isinstance(entry, str)]
    return tuple(entry for entry in entries if _ORIGIN.fullmatch(entry))


_sites = NotifiedCache(APP_TOPIC, _load)


async def site_of(app: AppRuntime) -> SiteInfo:
    """The face of the app's page. Raises SiteNotFound: the app was deleted meanwhile."""
    site = await _sites.get(str(app.app_id))
    if site is None:
        raise SiteNotFound
    return site
