"""What is seen between the lips: teeth, the tongue, and the dark."""

import numpy as np

from tools.draw_avatar.curves import Path, ellipse, spline, stroke
from tools.draw_avatar.jaw import Brush
from tools.draw_avatar.lips import CENTRE_X, Lips, ease
from tools.draw_avatar.painting import Fade, Plane

_DARK = "#3A0F17"
_ROW_HALF = 37.0
_UPPER_GAPS, _LOWER_GAPS = (0.0, 8.4, 14.8, 21.4, 27.4, 33.0), (0.0, 5.4, 11.0, 17.4, 24.0, 30.4)
"""Where teeth meet, in frame pixels from the middle: lips move, teeth do not."""
_ROW = np.linspace(-_ROW_HALF, _ROW_HALF, 125)


def draw_cavity(brush: Brush, lips: Lips, open_: float) -> None:
    """The dark behind the lips, and the tongue at rest in it."""
    inside = brush.mask(lips.opening, 0.2)
    brush.paint(lips.opening, Fade((0, lips.top), (0, lips.bottom), ("#27080F", "#45131D", "#66242C")), blur=0.2)
    crest = lips.bottom - 0.26 * lips.gap
    brush.paint(ellipse(CENTRE_X, crest + 9.0, lips.half * 0.66, 9.0 + 0.10 * lips.gap), "#AE4F56", 0.9, 1.6, inside)
    brush.paint(ellipse(CENTRE_X - 3, crest + 5.0, lips.half * 0.36, 3.2), "#D67F7D", 0.55, 2.2, inside)
    brush.paint(
        ellipse(CENTRE_X, lips.top + 0.25 * lips.gap, lips.half * 0.8, 0.3 * lips.gap),
        "#1C050B",
        0.5 * open_,
        3.0,
        inside,
    )


def draw_teeth_and_tongue(brush: Brush, lips: Lips, open_: float, teeth: float, tongue: float) -> None:
    """Both rows, the tongue's tip between them, and what the lips throw on them."""
    on_lip = 2.4 * lips.bite  # in f and v the upper row lies on the lower lip
    reach = np.vstack([lips.upper_inner, np.add(lips.lower_inner, (0.0, on_lip))[::-1]])
    inside = brush.mask(reach, 0.25)

    longest = 9.5 - 2.5 * lips.rounded
    relaxed = min(0.70 * longest, max(0.0, (0.34 - 0.22 * lips.rounded) * (lips.gap - 3.0)))
    shown = max(relaxed, min(longest, 0.60 * lips.gap + on_lip + 1.0 * lips.bite))
    upper = relaxed + teeth * (shown - relaxed)

    meeting = teeth * (1.0 - lips.bite) * (1.0 - ease(open_, 0.18, 0.5))
    lower = meeting * max(lips.gap - upper - 0.4, 0.0) + (1.0 - meeting) * 0.10 * max(0.0, open_ - 0.3) * lips.gap
    if lower > 0.4:
        _draw_row(brush, _row_edge(lips.bottom - min(lower, 7.0), -1.0), -1.0, ("#F1E6DB", "#CDB8AB"), inside)
    if tongue > 0.0:
        _draw_tip(brush, lips, upper, tongue, inside)
    edge = _row_edge(lips.top + upper, 1.0)
    if upper > 0.0:
        _draw_row(brush, edge, 1.0, ("#FFFDF9", "#EADFD5"), inside)
    shade = min(1.0, lips.gap / 9.0)
    shadow = stroke(lips.upper_inner, (0.8, 4.0 * shade, 4.5 * shade, 4.0 * shade, 0.8))
    brush.paint(shadow, "#2A0A10", 0.40, 1.3, inside)
    for side in (-1, 1):
        at = (CENTRE_X + side * lips.half * 0.98, float(lips.upper_inner[0 if side < 0 else -1, 1]))
        brush.paint(ellipse(*at, lips.half * 0.26, 2.5 + 0.4 * lips.gap), _DARK, 0.55, 2.2, inside)
    if lips.bite > 0.0:
        on_lips = brush.mask(lips.whole)
        brush.paint(
            stroke(np.add(edge, (0.0, 1.0)), (0.6, 1.8, 1.8, 1.8, 0.6)), "#7E2E33", 0.50 * lips.bite, 0.7, on_lips
        )


def _row_edge(y: float, rise: float) -> Path:
    """A row's cutting edge: an arch with a notch between every two teeth; `rise` is 1 for the upper row, else -1."""
    gaps = _UPPER_GAPS if rise > 0 else _LOWER_GAPS
    notches = sum(np.exp(-np.square((np.abs(_ROW) - place) / 0.7)) for place in gaps)
    return np.stack([CENTRE_X + _ROW, y - rise * (3.4 * np.abs(_ROW / _ROW_HALF) ** 2.5 + 0.6 * notches)], axis=1)


def _draw_row(brush: Brush, edge: Path, rise: float, tones: tuple[str, str], inside: Plane) -> None:
    middle = float(edge[len(edge) // 2, 1])
    root = middle - rise * 16.0
    row = np.vstack([edge, [(edge[-1, 0], root), (edge[0, 0], root)]])
    brush.paint(np.add(row, (0.0, rise * 1.2)), _DARK, 0.40, 1.0, inside)
    brush.paint(row, Fade((0, middle), (0, middle - rise * 10.0), tones), 1.0, 0.3, inside)
    within = inside * brush.mask(row)
    for place in _UPPER_GAPS if rise > 0 else _LOWER_GAPS:
        for x in sorted({CENTRE_X + place, CENTRE_X - place}):
            line = np.array([(x, middle + 2.0), (x, middle - rise * 10.0)])
            brush.paint(stroke(line, (0.8, 0.8)), "#B79A8A", 0.34, 0.35, within)
    brush.paint(ellipse(CENTRE_X + 32, middle, 20, 16), "#9A7768", 0.35, 6.0, within)
    brush.paint(ellipse(CENTRE_X - 36, middle, 15, 16), "#9A7768", 0.35, 5.0, within)


def _draw_tip(brush: Brush, lips: Lips, upper: float, tongue: float, inside: Plane) -> None:
    """The tongue's tip, its upper side just under the upper row."""
    top = lips.bottom - tongue * (lips.bottom - lips.top - 0.7 * upper)
    tall, wide = lips.bottom - top, min(17.0, 0.62 * lips.half)
    half = ((0.0, 0.0), (0.45, 0.02), (0.84, 0.30), (1.0, 0.75), (0.95, 1.5))
    tip = spline([(CENTRE_X + side * wide * x, top + y * tall) for side, points in ((-1, half[::-1]), (1, half[1:]))
                  for x, y in points], closed=True)  # fmt: skip
    amount = min(1.0, 2.0 * tongue)
    brush.paint(np.add(tip, (0.0, 0.6)), _DARK, 0.5 * amount, 1.6, inside)
    brush.paint(tip, Fade((0, top), (0, lips.bottom + 1), ("#C4606A", "#EC9691", "#DE7F7E")), amount, 0.5, inside)
    brush.paint(ellipse(CENTRE_X - 3, top + 0.5 * tall, 0.5 * wide, 0.16 * tall), "#FBC6BC", 0.6 * amount, 1.0, inside)
    brush.paint(stroke(np.array([(CENTRE_X, top + 0.3 * tall), (CENTRE_X, top + tall)]), (0.5, 1.2)), "#B5535A",
                0.35 * amount, 0.7, inside)  # fmt: skip
    brush.paint(stroke(lips.lower_inner, (0.3, 1.8, 0.3)), "#8A3238", 0.45 * tongue, 0.7, inside)
