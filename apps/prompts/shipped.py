"""The templates that come with the product: app files in `app_templates/`, one each.

Beside the parts of any app file such a file has `template: {category: ...}`. A new file is a new template.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from . import dsl, safe_yaml

FOLDER: Final = Path(__file__).parent / "app_templates"


@dataclass(frozen=True, slots=True)
class ShippedTemplate:
    """An app file with what a gallery shows of it.

    Args:
        key: the file's name without its ending.
    """

    key: str
    name: str
    description: str
    category: str
    mode: str
    icon_type: str
    icon: str
    icon_background: str
    content: str


@cache
def shipped_templates() -> tuple[ShippedTemplate, ...]:
    """All of them, by category and name."""
    found = [_read(path) for path in FOLDER.glob("*.yml")]
    return tuple(sorted(found, key=lambda template: (template.category, template.name)))


def _read(path: Path) -> ShippedTemplate:
    content = path.read_text(encoding="utf-8")
    file = dsl.parse(content)
    fields = {name: str(file.fields.get(name, "")) for name in ("description", "icon", "icon_background")}
    category = safe_yaml.load(content)["template"]["category"]
    return ShippedTemplate(
        key=path.stem, name=file.name, category=category, mode=file.mode, icon_type="emoji", content=content, **fields
    )
