"""Contrast between colours, as the accessibility guidelines measure it."""

import re
from typing import Final

COLOR: Final = re.compile(r"#[0-9a-fA-F]{6}")
WHITE: Final = "#ffffff"
ENOUGH: Final = 4.5
"""WCAG 2.2, success criterion 1.4.3: text of ordinary size."""


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours ``#rrggbb``, from 1 (none) to 21 (WCAG 2.2, "contrast ratio")."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    """WCAG 2.2, "relative luminance"."""
    red, green, blue = (_linear(int(color[place : place + 2], 16) / 255) for place in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - of sRGB
