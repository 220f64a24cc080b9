"""A business's colour as a stylesheet in which everything stays readable, whatever the colour.

Contrast is WCAG 2.2's (1.4.3 text, 1.4.11 what is no text). The text on the colour is black or white, one of which
always has enough. Where the colour itself is text or an edge, it is mixed with black or white until it has.
"""

from dataclasses import dataclass

TEXT_CONTRAST = 4.6
"""4.5 is asked for; the rest is for rounding."""
EDGE_CONTRAST = 3.1
LINEAR_UP_TO = 0.04045
STEPS = 40
"""From a colour to black or white: finer than the eye tells apart."""


@dataclass(frozen=True, slots=True)
class Color:
    """Red, green and blue, 0 to 255 each."""

    red: int
    green: int
    blue: int

    @classmethod
    def parse(cls, digits: str) -> "Color":
        """Read six hexadecimal digits."""
        return cls(*bytes.fromhex(digits))

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    @property
    def luminance(self) -> float:
        """Relative luminance, 0 to 1 (WCAG 2.2)."""
        red, green, blue = (_linear(part / 255) for part in (self.red, self.green, self.blue))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    def mixed(self, other: "Color", share: float) -> "Color":
        """Mix this colour with a share (0 to 1) of ``other``."""
        pairs = ((self.red, other.red), (self.green, other.green), (self.blue, other.blue))
        return Color(*(round(mine + (its - mine) * share) for mine, its in pairs))


BLACK, WHITE = Color(0, 0, 0), Color(255, 255, 255)
LIGHT_PAGE = WHITE
"""``--surface`` of customer.css, by day."""
DARK_PAGE = Color.parse("1c1c1e")
"""The same by night."""


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((one.luminance, other.luminance))
    return (lighter + 0.05) / (darker + 0.05)


def text_on(color: Color) -> Color:
    """Black or white, whichever reads better."""
    return max(WHITE, BLACK, key=lambda text: contrast(text, color))


def readable(color: Color, *, on: Color, ratio: float) -> Color:
    """The colour nearest to ``color``, towards black or white, that has a contrast of ``ratio`` to ``on``."""
    end = text_on(on)
    shades = (color.mixed(end, step / STEPS) for step in range(STEPS + 1))
    return next(shade for shade in shades if shade == end or contrast(shade, on) >= ratio)


def stylesheet(digits: str) -> str:
    """The stylesheet of a colour, given as six hexadecimal digits: the variables that customer.css builds upon."""
    color = Color.parse(digits)
    return (
        f":root{{{_variables(color, LIGHT_PAGE)}}}\n"
        f"@media (prefers-color-scheme: dark){{:root{{{_variables(color, DARK_PAGE)}}}}}\n"
    )


def _variables(color: Color, page: Color) -> str:
    pressed = color.mixed(text_on(color), 0.12)
    values = {
        "accent": color,
        "accent-pressed": pressed if contrast(text_on(color), pressed) >= TEXT_CONTRAST else color,
        "on-accent": text_on(color),
        "accent-edge": readable(color, on=page, ratio=EDGE_CONTRAST),
        "accent-text": readable(color, on=page, ratio=TEXT_CONTRAST),
    }
    return "".join(f"--{name}:{value};" for name, value in values.items())


def _linear(part: float) -> float:
    """Undo the gamma of sRGB (IEC 61966-2-1)."""
    return part / 12.92 if part <= LINEAR_UP_TO else float(((part + 0.055) / 1.055) ** 2.4)
