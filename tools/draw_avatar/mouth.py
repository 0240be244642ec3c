"""The mouth: lips, teeth and tongue for any opening, width and showing of teeth."""

from dataclasses import dataclass

import numpy as np
from tools.draw_avatar.curves import Path, ellipse, spline, stroke
from tools.draw_avatar.painting import Fade, Painting

CENTRE_X, LINE_Y = 256.0, 317.0
BOX = (198, 284, 116, 84)
"""What a tile covers, in frame pixels: x, y, width, height."""

_UPPER, _LOWER, _SEAM = "#B4505A", "#CF6A6F", "#6E2630"
_SKIN_SHADE = "#B8705A"


@dataclass(frozen=True)
class _Outline:
    """The four curves of a mouth, left to right, in frame pixels."""

    upper_outer: Path
    upper_inner: Path
    lower_inner: Path
    lower_outer: Path
    half_width: float
    gap: float

    @property
    def opening(self) -> Path:
        return np.vstack([self.upper_inner, self.lower_inner[::-1]])

    @property
    def whole(self) -> Path:
        return np.vstack([self.upper_outer, self.lower_outer[::-1]])


def _by_width(width: float, rounded: float, neutral: float, spread: float) -> float:
    return float(np.interp(width, (-1.0, 0.0, 1.0), (rounded, neutral, spread)))


def _outline(opening: float, width: float, teeth: float) -> _Outline:
    bite = teeth * max(0.0, 1.0 - opening / 0.25)  # f and v: the lower lip rolls in under the teeth
    half = _by_width(width, 17.0, 31.0, 40.0) * (1.0 - 0.1 * opening)
    gap = _by_width(width, 24.0, 32.0, 27.0) * opening**0.85 + 3.5 * bite
    upper = _by_width(width, 10.5, 8.0, 6.5) * (1.0 - 0.12 * opening)
    lower = _by_width(width, 13.0, 11.0, 9.0) * (1.0 - 0.12 * opening) * (1.0 - 0.4 * bite)
    smile = _by_width(width, 0.0, 3.2, 5.5) * (1.0 - 0.5 * opening)
    top = LINE_Y - 0.24 * gap
    bottom = top + gap
    corner_y = LINE_Y - smile + 0.22 * gap

    def across(points: list[tuple[float, float]]) -> Path:
        left = [(CENTRE_X - u * half, y) for u, y in points]
        right = [(CENTRE_X + u * half, y) for u, y in reversed(points) if u]
        return spline(left + right, steps=16)

    peak = top - upper
    rise = corner_y - peak
    return _Outline(
        upper_outer=across([(1.0, corner_y), (0.62, corner_y - 0.62 * rise), (0.26, peak), (0.0, peak + 0.22 * upper)]),
        upper_inner=across(
            [(0.93, corner_y), (0.5, corner_y + (top - corner_y) * 0.8 + 0.6), (0.14, top + 0.3), (0.0, top + 0.9)]
        ),
        lower_inner=across(
            [(0.93, corner_y), (0.52, corner_y + (bottom - corner_y) * 0.82), (0.16, bottom + 0.2), (0.0, bottom + 0.6)]
        ),
        lower_outer=across(
            [
                (1.0, corner_y),
                (0.6, corner_y + 0.78 * (bottom + lower - corner_y)),
                (0.22, bottom + lower),
                (0.0, bottom + lower + 0.3),
            ]
        ),
        half_width=half,
        gap=gap,
    )


def draw_mouth(painting: Painting, opening: float, width: float, teeth: float) -> None:
    """Paint the mouth on a face that has none."""
    outline = _outline(opening, width, teeth)
    low = outline.lower_outer[:, 1].max()
    painting.paint(ellipse(CENTRE_X, low + 5.0, outline.half_width * 0.55, 3.2), _SKIN_SHADE, 0.40, blur=2.6)
    painting.paint(outline.whole, _SKIN_SHADE, 0.25, blur=2.2)
    if outline.gap > 0.05:
        _draw_inside(painting, outline, opening, width, teeth)
    _draw_lips(painting, outline)


def _draw_inside(painting: Painting, outline: _Outline, opening: float, width: float, teeth: float) -> None:
    inside = painting.mask(outline.opening)
    top, bottom = outline.upper_inner[:, 1].min(), outline.lower_inner[:, 1].max()
    painting.paint(outline.opening, Fade((0, top), (0, bottom), ("#3A0F17", "#561A22", "#6E2830")))
    tongue_y = bottom + 5.0 - 0.25 * outline.gap
    painting.paint(
        ellipse(CENTRE_X, tongue_y + 6.0, outline.half_width * 0.66, 6.0 + 0.3 * outline.gap),
        "#B9565C",
        0.95,
        1.6,
        inside,
    )
    painting.paint(
        ellipse(CENTRE_X, tongue_y + 5.0, outline.half_width * 0.4, 3.0 + 0.16 * outline.gap),
        "#D0777A",
        0.6,
        3.0,
        inside,
    )

    show = _by_width(width, 0.35, 0.8, 1.0)
    length = (2.0 + 6.5 * min(1.0, opening * 3.0)) * show + teeth * (6.0 - 2.0 * min(1.0, opening * 2.0))
    arch = spline(
        [
            (CENTRE_X + u * outline.half_width, y)
            for u, y in (
                (-0.95, top - 4),
                (-0.8, top + 0.55 * length),
                (-0.4, top + 0.95 * length),
                (0.0, top + length),
                (0.4, top + 0.95 * length),
                (0.8, top + 0.55 * length),
                (0.95, top - 4),
            )
        ],
        closed=True,
    )
    painting.paint(arch, Fade((0, top), (0, top + length), ("#E9DCD3", "#FFFBF6")), 0.97, 0.35, inside)
    if teeth > 0.0 or opening > 0.3:
        rise = teeth * (3.0 + 3.0 * opening) + 2.0 * max(0.0, opening - 0.3)
        lower = ellipse(CENTRE_X, bottom + 3.0, outline.half_width * 0.7, 3.0 + rise)
        painting.paint(lower, "#F1E6DC", min(1.0, teeth + 0.6 * opening), 0.5, inside)
    painting.paint(stroke(outline.upper_inner, (1.0, 4.0, 5.0, 4.0, 1.0)), "#2A0A10", 0.5, 1.5, inside)
    for side in (-1, 1):
        x = CENTRE_X + side * outline.half_width * 0.95
        y = outline.upper_inner[0, 1]
        painting.paint(ellipse(x, y, outline.half_width * 0.3, 2.0 + 0.4 * outline.gap), "#3A0F17", 0.6, 2.2, inside)


def _draw_lips(painting: Painting, outline: _Outline) -> None:
    upper = np.vstack([outline.upper_outer, outline.upper_inner[::-1]])
    lower = np.vstack([outline.lower_inner, outline.lower_outer[::-1]])
    top, low = outline.upper_outer[:, 1].min(), outline.lower_outer[:, 1].max()
    seam_high, seam_low = outline.upper_inner[:, 1].min(), outline.lower_inner[:, 1].max()
    painting.paint(lower, Fade((0, seam_low - 1), (0, low), ("#B9525A", _LOWER, "#C05F63")), blur=0.4)
    painting.paint(upper, Fade((0, top), (0, seam_high + 2), ("#C4666A", _UPPER, "#8E3742")), blur=0.4)
    clip = painting.mask(lower, 0.8)
    thick = low - seam_low
    painting.paint(
        ellipse(CENTRE_X, seam_low + 0.42 * thick, outline.half_width * 0.42, 0.17 * thick), "#F3B3AE", 0.75, 1.5, clip
    )
    painting.paint(
        ellipse(CENTRE_X - outline.half_width * 0.16, seam_low + 0.4 * thick, outline.half_width * 0.12, 0.09 * thick),
        "#FFE3DC",
        0.7,
        0.8,
        clip,
    )
    ridge = np.add(outline.upper_outer, (0.0, -0.6))
    painting.paint(stroke(ridge[len(ridge) // 4 : -len(ridge) // 4], (0.3, 1.2, 0.8, 1.2, 0.3)), "#FCE0C8", 0.5, 0.6)
    if outline.gap < 3.0:
        seam = (outline.upper_inner + outline.lower_inner) / 2
        painting.paint(stroke(seam, (0.5, 1.5, 1.9, 1.5, 0.5)), _SEAM, 0.85 * (1.0 - outline.gap / 3.0), 0.35)
