"""A site's colour as the accents of light and dark pages, moved as far as it takes to stay readable.

Contrast is that of WCAG 2.2 (relative luminance, at least 4.5 to 1 for text).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

Rgb: TypeAlias = tuple[int, int, int]

READABLE: Final = 4.5
WHITE: Final = (255, 255, 255)
BLACK: Final = (0, 0, 0)
# The grounds of static/css/tokens.css on which text in the accent stands: surface, bg, surface-2.
LIGHT: Final = ((255, 255, 255), (0xF5, 0xF6, 0xF8), (0xEE, 0xF1, 0xF4))
DARK: Final = ((0x16, 0x1C, 0x23), (0x0E, 0x13, 0x18), (0x1E, 0x26, 0x2F))
INK: Final = (0x0B, 0x10, 0x14)
_STEPS: Final = 40


@dataclass(frozen=True, slots=True)
class Palette:
    """Custom property (without its dashes) to its light and dark colour, each #rrggbb."""

    colours: tuple[tuple[str, str, str], ...]

    def css(self) -> str:
        """The palette as a rule for the page."""
        lines = "".join(f"--{name}:light-dark({light},{dark});" for name, light, dark in self.colours)
        return f":root{{{lines}}}"


@lru_cache(maxsize=256)
def palette(colour: str) -> Palette:
    """The accents made of `colour`, #rrggbb."""
    given = _parse(colour)
    light, light_soft = _readable(given, BLACK, WHITE, LIGHT, 0.88)
    dark, dark_soft = _readable(given, WHITE, DARK[0], DARK, 0.80)
    return Palette(
        (
            ("accent", _hex(light), _hex(dark)),
            ("accent-hover", _hex(_mix(light, BLACK, 0.15)), _hex(_mix(dark, WHITE, 0.25))),
            ("on-accent", _hex(WHITE), _hex(INK)),
            ("accent-soft", _hex(light_soft), _hex(dark_soft)),
        )
    )


def _readable(given: Rgb, towards: Rgb, surface: Rgb, grounds: Iterable[Rgb], softness: float) -> tuple[Rgb, Rgb]:
    """The colour moved `towards` until it can be read on all grounds and on its own soft shade; and that shade."""
    grounds = tuple(grounds)
    for step in range(_STEPS + 1):
        accent = _mix(given, towards, step / _STEPS)
        soft = _mix(accent, surface, softness)
        if min(contrast(accent, ground) for ground in (*grounds, soft)) >= READABLE:
            break
    return accent, soft


def contrast(one: Rgb, other: Rgb) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    lower, higher = sorted((_luminance(one), _luminance(other)))
    return (higher + 0.05) / (lower + 0.05)


def _luminance(colour: Rgb) -> float:
    parts = [value / 255 for value in colour]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mix(one: Rgb, other: Rgb, share: float) -> Rgb:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _parse(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _hex(colour: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
