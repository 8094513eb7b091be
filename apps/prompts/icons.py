"""Icons of apps, pages and templates: an emoji on a colour, or an uploaded picture."""

import re
from typing import Final, Protocol

from apps.common.errors import InvalidParam
from apps.common.ids import parse_uuid
from apps.files.links import file_url

EMOJI: Final = "emoji"
IMAGE: Final = "image"
LONGEST_EMOJI: Final = 12  # code points of one joined emoji
DEFAULT_EMOJI: Final = "🤖"
DEFAULT_COLOUR: Final = "#dff1f5"
COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_SIGNATURES: Final = {
    b"\x89PNG\r\n\x1a\n": ("image/png", "png"),
    b"\xff\xd8\xff": ("image/jpeg", "jpg"),
    b"GIF87a": ("image/gif", "gif"),
    b"GIF89a": ("image/gif", "gif"),
}


class HasIcon(Protocol):
    """An app, a site, a template."""

    @property
    def icon_type(self) -> str:
        """`emoji`, `image`, others of later products."""

    @property
    def icon(self) -> str:
        """The emoji, or the picture's upload id."""


def icon_url(owner: HasIcon, *, base_url: str = "") -> str | None:
    """A link to the uploaded picture, good for FILES_ACCESS_TIMEOUT seconds; None where the icon is an emoji.

    Args:
        base_url: scheme and host, where the reader stands elsewhere.
    """
    upload_id = parse_uuid(owner.icon) if owner.icon_type == IMAGE else None
    return file_url(upload_id, base_url=base_url) if upload_id else None


def is_emoji(text: str) -> bool:
    """Whether it looks like one emoji; what fonts make of it, nobody can know."""
    return bool(text) and not text.isascii() and len(text) <= LONGEST_EMOJI and not any(map(str.isspace, text))


def check_emoji(text: str) -> str:
    """The emoji as it is stored. Raises InvalidParam."""
    if not is_emoji(text.strip()):
        raise InvalidParam("The icon is one emoji, such as 📚.", params="icon")
    return text.strip()


def check_colour(text: str, field: str) -> str:
    """A colour as it is stored. Raises InvalidParam."""
    if not COLOUR.fullmatch(text.strip()):
        raise InvalidParam("A colour is written #rrggbb, such as #0c6a80.", params=field)
    return text.strip().lower()


def picture_kind(head: bytes) -> tuple[str, str] | None:
    """Media type and extension of a picture browsers show, by its first 12 bytes; None for anything else."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp", "webp"
    return next((kind for signature, kind in _SIGNATURES.items() if head.startswith(signature)), None)
