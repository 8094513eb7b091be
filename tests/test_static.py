"""The face's raw material: contrast of the colours, icons that exist, third-party files as declared."""

import json
import re
from itertools import product
from pathlib import Path

import pytest

from apps.common.navigation import places

ROOT = Path(__file__).resolve().parents[1]
TOKENS = (ROOT / "static/css/tokens.css").read_text()
COLOURS = {
    name: (light, dark) for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", TOKENS)
}
TEXT = ("text", "text-2", "text-3", "accent", "ok", "warn", "danger")
GROUND = ("surface", "bg", "surface-2")
PAIRS = [
    *((text, ground, 4.5) for text, ground in product(TEXT, GROUND)),
    ("on-accent", "accent", 4.5),
    ("on-accent", "accent-hover", 4.5),
    ("text", "accent-soft", 4.5),
    *((tone, f"{tone}-soft", 4.5) for tone in ("accent", "ok", "warn", "danger")),
    ("line-strong", "surface", 3.0),
    ("line-strong", "bg", 3.0),
]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "ground", "least"), PAIRS)
def test_contrast(front: str, ground: str, least: float, theme: int):
    lower, higher = sorted((luminance(COLOURS[front][theme]), luminance(COLOURS[ground][theme])))
    assert (higher + 0.05) / (lower + 0.05) >= least


def test_every_icon_in_use_is_in_the_sprite():
    templates = "".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))
    scripts = "".join(path.read_text() for path in (ROOT / "static/js").rglob("*.js"))
    used = set(re.findall(r'{% icon "([\w-]+)"', templates))
    for call in re.findall(r"\bicon\(([^)]*)\)", scripts):
        used |= set(re.findall(r'"([\w-]+)"', call))
    used |= {place.icon for place in places.all().values()}
    sprite = set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static/vendor/icons.svg").read_text()))
    assert used <= sprite == set(json.loads((ROOT / "frontend/icons.json").read_text()))


def test_vendored_files_are_those_declared():
    declared = json.loads((ROOT / "static/vendor/vendor.json").read_text())
    files = {
        path.name: path.stat().st_size for path in (ROOT / "static/vendor").iterdir() if path.name != "vendor.json"
    }
    assert files == declared["files"]
    wanted = json.loads((ROOT / "frontend/package.json").read_text())["devDependencies"]
    packages = declared["packages"]
    assert {name: packages[name]["version"] for name in wanted if name in packages} == {
        name: version for name, version in wanted.items() if name != "esbuild"
    }


def test_no_page_has_inline_script_or_style():
    for path in (ROOT / "templates").rglob("*.html"):
        page = path.read_text()
        assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?![^>]*\bsrc=)", page), path
