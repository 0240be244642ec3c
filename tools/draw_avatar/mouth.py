"""The mouth: lips, teeth and tongue for any opening, width and showing of teeth."""

from dataclasses import dataclass

import numpy as np

from tools.draw_avatar.curves import Path, ellipse, spline, stroke
from tools.draw_avatar.painting import Fade, Painting, Plane

CENTRE_X, LINE_Y = 256.0, 319.0
BOX = (198, 286, 116, 82)
"""What a tile covers, in frame pixels: x, y, width, height."""

_SHADE, _DARK = "#B8705A", "#3A0F17"
# From corner to corner in shares of the half width, closest together at the corners, where the curves are steep.
_ACROSS = np.sin(np.linspace(-np.pi / 2, np.pi / 2, 97))


@dataclass(frozen=True)
class _Outline:
    """The four curves of a mouth, left to right, in frame pixels."""

    upper_outer: Path
    upper_inner: Path
    lower_inner: Path
    lower_outer: Path
    half: float
    gap: float
    bite: float

    @property
    def opening(self) -> Path:
        return np.vstack([self.upper_inner, self.lower_inner[::-1]])

    @property
    def top(self) -> float:
        return float(self.upper_inner[len(_ACROSS) // 2, 1])

    @property
    def bottom(self) -> float:
        return float(self.lower_inner[len(_ACROSS) // 2, 1])

    @property
    def low(self) -> float:
        return float(self.lower_outer[:, 1].max())


def draw_mouth(painting: Painting, opening: float, width: float, teeth: float) -> None:
    """Paint the mouth on a face that has none. The arguments are a `MouthShape`'s."""
    outline = _outline(opening, width, teeth)
    _draw_surroundings(painting, outline)
    if outline.gap > 0.0:
        _draw_inside(painting, outline, opening)
    _draw_lips(painting, outline)
    if outline.gap > 0.0:
        _draw_teeth(painting, outline, opening, width, teeth)


def _by_width(width: float, rounded: float, neutral: float, spread: float) -> float:
    return float(np.interp(width, (-1.0, 0.0, 1.0), (rounded, neutral, spread)))


def _outline(opening: float, width: float, teeth: float) -> _Outline:
    bite = teeth * max(0.0, 1.0 - opening / 0.25)  # f and v: the lower lip rolls in under the teeth
    half = _by_width(width, 17.5, 33.0, 41.0) * (1.0 - 0.12 * opening)
    gap = _by_width(width, 25.0, 32.0, 27.0) * opening**0.85 + 3.2 * bite
    upper = _by_width(width, 10.5, 9.0, 7.6) * (1.0 - 0.12 * opening)
    lower = _by_width(width, 13.0, 11.5, 9.4) * (1.0 - 0.12 * opening) * (1.0 - 0.35 * bite)
    smile = _by_width(width, 0.5, 7.2, 8.0) * (1.0 - 0.6 * opening)
    top = LINE_Y - 0.24 * gap
    bottom = top + gap
    corner = LINE_Y - smile + 0.24 * gap
    peak, low = top - upper, bottom + lower

    u = _ACROSS
    roundness = min(1.0, _by_width(width, 1.0, 0.25, 0.1) + 0.45 * opening)
    inner, outer = 1.0 - 0.45 * roundness, 1.0 - 0.5 * roundness  # 1 a parabola's pointed ends, 0.5 an ellipse's round
    bow = 0.28 * upper * np.exp(-np.square(u / 0.13))
    tubercle = 0.9 * np.exp(-np.square(u / 0.22))
    lens = np.power(1.0 - np.square(u), inner)

    def curve(reach: float, y: Plane | Path) -> Path:
        return np.stack([CENTRE_X + reach * half * u, y], axis=1)

    return _Outline(
        upper_outer=curve(1.0, corner + (peak - corner) * np.power(1.0 - np.abs(u) ** 1.55, outer) + bow),
        upper_inner=curve(0.96, corner + (top - corner) * lens + tubercle),
        lower_inner=curve(0.96, corner + (bottom - corner) * lens + tubercle),
        lower_outer=curve(1.0, corner + (low - corner) * np.power(1.0 - np.abs(u) ** 2.2, outer * 0.9)),
        half=half,
        gap=gap,
        bite=bite,
    )


def _draw_surroundings(painting: Painting, outline: _Outline) -> None:
    """The shadow below the lower lip, and the soft dents beside the corners."""
    painting.paint(ellipse(CENTRE_X, outline.low + 4.5, outline.half * 0.6, 3.0), _SHADE, 0.50, blur=2.6)
    painting.paint(np.vstack([outline.upper_outer, outline.lower_outer[::-1]]), _SHADE, 0.30, blur=2.0)
    for side in (-1, 1):
        x, y = CENTRE_X + side * (outline.half + 0.8), float(outline.upper_outer[0, 1])
        dent = spline([(x - side * 0.5, y - 3.0), (x + side * 1.2, y), (x - side * 0.5, y + 4.0)])
        painting.paint(stroke(dent, (0.5, 2.6, 0.5)), "#A55C49", 0.34, blur=1.5)


def _draw_inside(painting: Painting, outline: _Outline, opening: float) -> None:
    inside = painting.mask(outline.opening)
    painting.paint(outline.opening, Fade((0, outline.top), (0, outline.bottom), ("#2C0A11", "#451520", "#5E2029")))
    crest = outline.bottom - 0.22 * outline.gap
    tongue = ellipse(CENTRE_X, crest + 9.0, outline.half * 0.68, 9.0 + 0.12 * outline.gap)
    painting.paint(tongue, "#A64B53", 0.9, 1.4, inside)
    painting.paint(ellipse(CENTRE_X, crest + 5.0, outline.half * 0.36, 3.6), "#CB6F72", 0.6, 2.2, inside)
    rim = stroke(np.add(outline.lower_inner, (0.0, -0.6)), (1, 3, 4, 3, 1))
    painting.paint(rim, _DARK, 0.55 * opening**0.3, 1.2, inside)


def _draw_teeth(painting: Painting, outline: _Outline, opening: float, width: float, teeth: float) -> None:
    """Both rows, and what the lips throw on them. In f and v the upper row lies on the lower lip."""
    on_lip = 2.4 * outline.bite
    reach = np.vstack([outline.upper_inner, np.add(outline.lower_inner, (0.0, on_lip))[::-1]])
    inside = painting.mask(reach, 0.25)

    lower = teeth * min(0.42 * outline.gap, 6.5) * (1.0 - outline.bite) + 0.10 * max(0.0, opening - 0.45) * outline.gap
    if lower > 0.0:
        row = ellipse(CENTRE_X, outline.bottom + 4.0, outline.half * 0.72, 4.0 + lower)
        fade = Fade((0, outline.bottom - lower), (0, outline.bottom), ("#EFE3D9", "#CDB9B0"))
        painting.paint(row, fade, 0.95, 0.4, inside)

    longest = _by_width(width, 5.5, 7.5, 7.5)
    relaxed = min(longest, _by_width(width, 0.14, 0.38, 0.44) * max(0.0, outline.gap - 2.5))
    shown = max(relaxed, min(longest, 0.62 * outline.gap + on_lip))
    _draw_upper_row(painting, outline, relaxed + teeth * (shown - relaxed), inside)

    shade = min(1.0, outline.gap / 9.0)
    shadow = stroke(outline.upper_inner, (0.8, 4.0 * shade, 4.5 * shade, 4.0 * shade, 0.8))
    painting.paint(shadow, "#2A0A10", 0.5, 1.2, inside)
    for side in (-1, 1):
        x, y = CENTRE_X + side * outline.half * 0.95, float(outline.upper_inner[0, 1])
        painting.paint(ellipse(x, y, outline.half * 0.26, 2.0 + 0.4 * outline.gap), _DARK, 0.55, 2.0, inside)


def _draw_upper_row(painting: Painting, outline: _Outline, length: float, inside: Plane) -> None:
    if length <= 0.0:
        return
    top, reach = outline.top, 0.86 * outline.half
    u = np.linspace(-1.0, 1.0, 41)
    edge = np.stack([CENTRE_X + reach * u, top + length * (1.0 - 0.55 * np.abs(u) ** 3)], axis=1)
    row = np.vstack([edge, [(CENTRE_X + reach, top - 9.0), (CENTRE_X - reach, top - 9.0)]])
    painting.paint(np.add(row, (0.0, 1.0)), _DARK, 0.45, 0.9, inside)
    painting.paint(row, Fade((0, top), (0, top + length), ("#E6D8CE", "#FFFCF8")), 1.0, 0.3, inside)
    within = inside * painting.mask(row)
    for place in (-0.78, -0.56, -0.3, 0.0, 0.3, 0.56, 0.78):
        x = CENTRE_X + reach * place
        painting.paint(
            stroke(np.array([(x, top - 2.0), (x, top + length + 1.0)]), (0.6, 0.5)), "#B79E92", 0.4, 0.2, within
        )


def _draw_lips(painting: Painting, outline: _Outline) -> None:
    upper = np.vstack([outline.upper_outer, outline.upper_inner[::-1]])
    lower = np.vstack([outline.lower_inner, outline.lower_outer[::-1]])
    peak, low, thick = float(outline.upper_outer[:, 1].min()), outline.low, outline.low - outline.bottom
    painting.paint(lower, Fade((0, outline.bottom - 1), (0, low), ("#B9545A", "#D9797A", "#C4686A")), blur=0.45)
    painting.paint(upper, Fade((0, peak), (0, outline.top + 2), ("#CB6E6D", "#BC5A5B", "#97404A")), blur=0.45)

    clip = painting.mask(lower, 0.8)
    x, y = CENTRE_X, outline.bottom + 0.45 * thick
    painting.paint(ellipse(x, y, outline.half * 0.46, 0.2 * thick), "#F2ACA6", 0.65, 1.8, clip)
    painting.paint(
        ellipse(x - 0.16 * outline.half, y - 0.3, outline.half * 0.13, 0.09 * thick), "#FFE6DF", 0.7, 0.8, clip
    )
    ridge = np.add(outline.upper_outer, (0.0, -0.5))
    painting.paint(stroke(ridge[30:-30], (0.2, 1.2, 0.9, 1.2, 0.2)), "#FCE0C8", 0.30, 0.7)
    if outline.gap < 4.0:
        seam = (outline.upper_inner + outline.lower_inner) / 2.0
        painting.paint(stroke(seam, (0.6, 1.4, 1.8, 1.4, 0.6)), "#6E2630", 0.85 * (1.0 - outline.gap / 4.0), 0.4)
