"""The lips: their outline in any state, and what is painted of it."""

from dataclasses import dataclass

import numpy as np

from tools.draw_avatar.curves import Path, ellipse, spline, stroke
from tools.draw_avatar.jaw import LINE_Y, Brush
from tools.draw_avatar.painting import Fade

CENTRE_X = 256.0

_SHADE, _DEEP = "#B9674E", "#8E4636"
# From corner to corner in shares of the half width, closest together at the corners, where the curves are steep.
_ACROSS = np.sin(np.linspace(-np.pi / 2, np.pi / 2, 97))
_MIDDLE = len(_ACROSS) // 2


@dataclass(frozen=True)
class Lips:
    """The four curves of a mouth, left to right, and half its width and its height between the lips, in frame pixels;
    how far the teeth bite the lower lip, the lips are pressed together, and they are rounded, 0 to 1."""

    upper_outer: Path
    upper_inner: Path
    lower_inner: Path
    lower_outer: Path
    half: float
    gap: float
    bite: float
    pressed: float
    rounded: float

    @property
    def opening(self) -> Path:
        return np.vstack([self.upper_inner, self.lower_inner[::-1]])

    @property
    def whole(self) -> Path:
        return np.vstack([self.upper_outer, self.lower_outer[::-1]])

    @property
    def top(self) -> float:
        return float(self.upper_inner[_MIDDLE, 1])

    @property
    def bottom(self) -> float:
        return float(self.lower_inner[_MIDDLE, 1])

    @property
    def peak(self) -> float:
        return float(self.upper_outer[:, 1].min())

    @property
    def low(self) -> float:
        return float(self.lower_outer[:, 1].max())


def ease(value: float, low: float, high: float) -> float:
    """0 up to `low`, 1 from `high` on, smooth between."""
    t = min(max((value - low) / (high - low), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


def _by_width(width: float, rounded: float, neutral: float, spread: float) -> float:
    return float(np.interp(width, (-1.0, 0.0, 1.0), (rounded, neutral, spread)))


def shape_lips(open_: float, pressed: float, width: float, teeth: float, tongue: float) -> Lips:
    """The lips of a mouth that is `open_` or `pressed`, 0 to 1; the rest is a `PictureState`'s."""
    bite = teeth * (1.0 - ease(open_, 0.05, 0.16)) * (1.0 - pressed)  # f and v: the lower lip rolls in under the teeth
    bared = teeth * ease(open_, 0.03, 0.14)
    half = _by_width(width, 15.0, 32.5, 39.0) * (1.0 - 0.08 * open_) - 0.5 * pressed
    gap = _by_width(width, 24.0, 31.0, 28.0) * open_**0.9 + 2.6 * bite
    gap += max(_by_width(width, 5.0, 5.5, 5.5) * bared, 4.5 * tongue * ease(open_, 0.0, 0.08)) * (
        1.0 - ease(open_, 0.15, 0.7)
    )
    raised = (2.4 * bared + 1.6 * bite) * _by_width(width, 0.7, 1.0, 1.0)

    thick = (1.0 - 0.10 * open_) * (1.0 - 0.40 * pressed)
    upper = _by_width(width, 11.0, 8.6, 7.2) * thick - 0.5 * raised
    lower = _by_width(width, 13.0, 11.0, 9.2) * thick * (1.0 - 0.30 * bite)
    smile = _by_width(width, 1.0, 8.6, 9.4) * (1.0 - 0.55 * open_) * (1.0 - 0.55 * pressed)
    top = LINE_Y + 1.0 - 0.16 * gap - raised + 1.6 * pressed
    bottom = top + gap
    corner = LINE_Y + 1.0 - smile + 0.30 * gap
    peak, low = top - upper, bottom + lower

    u = _ACROSS
    round_ = min(1.0, _by_width(width, 1.0, 0.22, 0.08) + 0.60 * open_)
    inner, outer = 1.0 - 0.45 * round_, 1.0 - 0.5 * round_  # 1 a parabola's pointed ends, 0.5 an ellipse's round
    bow = 0.30 * upper * np.exp(-np.square(u / 0.12)) * (1.0 - 0.5 * pressed)
    tubercle = 0.9 * np.exp(-np.square(u / 0.2)) * (1.0 - pressed)
    lens = np.power(1.0 - np.square(u), inner)
    level = corner - 0.9 * u * (1.0 - open_)  # one corner smiles a little more than the other

    def curve(reach: float, y: Path) -> Path:
        return np.stack([CENTRE_X + reach * half * u, y], axis=1)

    return Lips(
        upper_outer=curve(1.0, level + (peak - corner) * np.power(1.0 - np.abs(u) ** 1.6, outer) + bow),
        upper_inner=curve(0.96, level + (top - corner) * lens + tubercle),
        lower_inner=curve(0.96, level + (bottom - corner) * lens + tubercle),
        lower_outer=curve(1.0, level + (low - corner) * np.power(1.0 - np.abs(u) ** 2.2, outer * 0.92)),
        half=half,
        gap=gap,
        bite=bite,
        pressed=pressed,
        rounded=max(-width, 0.0),
    )


def draw_surroundings(brush: Brush, lips: Lips) -> None:
    """The shadow below the lower lip, the soft dents beside the corners, and skin that tight lips push out."""
    brush.paint(ellipse(CENTRE_X + 1.5, lips.low + 4.2, lips.half * 0.62, 3.2), _SHADE, 0.5 + 0.15 * lips.rounded, 2.6)
    brush.paint(lips.whole, _SHADE, 0.30, 2.2)
    if lips.pressed > 0.0:
        brush.paint(ellipse(CENTRE_X - 2, lips.peak - 3.6, lips.half * 0.7, 2.2), "#FFE6CF", 0.45 * lips.pressed, 2.0)
        brush.paint(ellipse(CENTRE_X - 2, lips.low + 11, lips.half * 0.5, 4.0), "#FFE6CF", 0.35 * lips.pressed, 3.0)
    for side in (-1, 1):
        x, y = CENTRE_X + side * (lips.half + 0.6), float(lips.upper_outer[0 if side < 0 else -1, 1])
        dent = spline([(x - side * 0.5, y - 3.6), (x + side * 1.6, y - 0.3), (x - side * 0.5, y + 3.6)])
        brush.paint(stroke(dent, (0.5, 3.0, 0.5)), _DEEP, 0.34 + 0.22 * lips.pressed, 1.4)


def draw_lips(brush: Brush, lips: Lips) -> None:
    """Both lips, and the line where they touch."""
    upper = np.vstack([lips.upper_outer, lips.upper_inner[::-1]])
    lower = np.vstack([lips.lower_inner, lips.lower_outer[::-1]])
    thick = lips.low - lips.bottom
    brush.paint(
        lower, Fade((0, lips.bottom - 1), (0, lips.low + 1), ("#B5504F", "#DD8078", "#CD6F67", "#B65F55")), blur=0.6
    )
    brush.paint(upper, Fade((0, lips.peak), (0, lips.top + 2), ("#CF7468", "#BF5E58", "#9A4145")), blur=0.6)

    on_lower, on_upper = brush.mask(lower, 0.9), brush.mask(upper, 0.7)
    x = CENTRE_X - 0.10 * lips.half
    right = ellipse(CENTRE_X + 0.9 * lips.half, (lips.peak + lips.low) / 2, 0.5 * lips.half, 14.0)
    for clip in (on_lower, on_upper):
        brush.paint(right, "#8C3A3E", 0.30, 4.0, clip)
    y = lips.bottom + 0.42 * thick
    brush.paint(ellipse(x, y, lips.half * 0.50, 0.24 * thick), "#F3AAA0", 0.62 + 0.2 * lips.rounded, 1.7, on_lower)
    shine = 0.75 * (1.0 - 0.6 * lips.pressed)
    brush.paint(ellipse(x - 0.08 * lips.half, y - 0.4, lips.half * 0.17, 0.09 * thick), "#FFEDE6", shine, 0.8, on_lower)
    brush.paint(ellipse(x + 0.26 * lips.half, y, lips.half * 0.08, 0.07 * thick), "#FFEDE6", 0.6 * shine, 0.7, on_lower)
    for side in (-1, 1):
        at = (CENTRE_X - 1.0 + side * 0.26 * lips.half, lips.peak + 0.50 * (lips.top - lips.peak))
        brush.paint(ellipse(*at, 0.17 * lips.half, 1.3), "#EBA095", 0.45 + 0.2 * lips.rounded, 1.3, on_upper)
    ridge = np.add(lips.upper_outer, (0.0, -0.6))
    brush.paint(stroke(ridge[28:-28], (0.2, 1.2, 0.9, 1.2, 0.2)), "#FFE3CB", 0.40, 0.8)
    closed = 1.0 - min(lips.gap / 4.0, 1.0)
    if closed > 0.0:
        seam = (lips.upper_inner + lips.lower_inner) / 2.0
        brush.paint(stroke(seam, (0.8, 2.6, 3.4, 2.6, 0.8)), "#7E2E33", 0.45 * closed, 1.2)
        firm = 1.0 + 0.7 * lips.pressed
        width = tuple(firm * part for part in (0.7, 1.2, 1.4, 1.2, 0.7))
        brush.paint(stroke(seam, width), "#5A1B23", (0.80 + 0.15 * lips.pressed) * closed, 0.45)
