"""The mouth: lips, teeth and tongue in any state, as they look before the jaw's motion pulls them down."""

from dataclasses import dataclass, replace

import numpy as np

from tools.draw_avatar.curves import Path, ellipse, spline, stroke
from tools.draw_avatar.painting import Colour, Fade, Painting, Plane

CENTRE_X, LINE_Y = 256.0, 319.0
BOX = (200, 288, 112, 76)
"""What a tile covers, in frame pixels: x, y, width, height."""
JAW_DROP = 11.0
"""How far the jaw of a wide open mouth goes down."""

_SHADE, _DEEP, _DARK = "#B9674E", "#8E4636", "#3A0F17"
_ROW_HALF = 37.0
_UPPER_GAPS, _LOWER_GAPS = (0.0, 8.4, 14.8, 21.4, 27.4, 33.0), (0.0, 5.4, 11.0, 17.4, 24.0, 30.4)
"""Where teeth meet, in frame pixels from the middle: lips move, teeth do not."""
# From corner to corner in shares of the half width, closest together at the corners, where the curves are steep.
_ACROSS = np.sin(np.linspace(-np.pi / 2, np.pi / 2, 97))
_MIDDLE = len(_ACROSS) // 2


def jaw_ramp(y: Plane | Path | float) -> Path:
    """How far a point of the face's middle at `y` goes along with the jaw: 0 above the mouth, 1 from the chin on."""
    t = np.clip((np.asarray(y, float) - (LINE_Y - 5.0)) / 30.0, 0.0, 1.0)
    ramp: Path = t * t * (3.0 - 2.0 * t)
    return ramp


@dataclass(frozen=True)
class _Brush:
    """Paints what is given as it shall look in the end, where it lies before the jaw has moved."""

    painting: Painting
    drop: float

    def _lifted(self, path: Path) -> Path:
        return np.stack([path[:, 0], path[:, 1] - self.drop * jaw_ramp(path[:, 1])], axis=1)

    def mask(self, path: Path, blur: float = 0.0) -> Plane:
        return self.painting.mask(self._lifted(path), blur)

    def paint(
        self, path: Path, colour: Colour, opacity: float = 1.0, blur: float = 0.0, inside: Plane | None = None
    ) -> None:
        if isinstance(colour, Fade):
            ends = self._lifted(np.array([colour.start, colour.end]))
            colour = replace(colour, start=tuple(ends[0]), end=tuple(ends[1]))
        self.painting.paint(self._lifted(path), colour, opacity, blur, inside)


@dataclass(frozen=True)
class _Lips:
    """The four curves of a mouth, left to right, in frame pixels."""

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


def draw_mouth(painting: Painting, opening: float, width: float, teeth: float, tongue: float) -> None:
    """Paint the mouth on a face that has none. The arguments are a `PictureState`'s."""
    open_, pressed = max(opening, 0.0), max(-opening, 0.0)
    brush = _Brush(painting, JAW_DROP * open_)
    lips = _shape(open_, pressed, width, teeth, tongue)
    _draw_surroundings(brush, lips)
    if lips.gap > 0.3:
        _draw_cavity(brush, lips, open_)
    _draw_lips(brush, lips)
    if lips.gap > 0.3:
        _draw_teeth_and_tongue(brush, lips, open_, teeth, tongue)


def _by_width(width: float, rounded: float, neutral: float, spread: float) -> float:
    return float(np.interp(width, (-1.0, 0.0, 1.0), (rounded, neutral, spread)))


def _ease(value: float, low: float, high: float) -> float:
    t = min(max((value - low) / (high - low), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


def _shape(open_: float, pressed: float, width: float, teeth: float, tongue: float) -> _Lips:
    bite = teeth * (1.0 - _ease(open_, 0.05, 0.16)) * (1.0 - pressed)  # f and v: the lower lip rolls in under the teeth
    bared = teeth * _ease(open_, 0.03, 0.14)
    half = _by_width(width, 15.0, 31.5, 38.5) * (1.0 - 0.08 * open_) + 1.5 * pressed
    gap = _by_width(width, 24.0, 31.0, 28.0) * open_**0.9 + 2.6 * bite
    gap += max(_by_width(width, 5.0, 5.5, 5.5) * bared, 4.5 * tongue * _ease(open_, 0.0, 0.08)) * (
        1.0 - _ease(open_, 0.15, 0.7)
    )
    raised = (2.4 * bared + 1.6 * bite) * _by_width(width, 0.7, 1.0, 1.0)

    thick = (1.0 - 0.10 * open_) * (1.0 - 0.40 * pressed)
    upper = _by_width(width, 11.0, 8.6, 7.2) * thick - 0.5 * raised
    lower = _by_width(width, 13.0, 11.0, 9.2) * thick * (1.0 - 0.30 * bite)
    smile = _by_width(width, 1.0, 7.0, 8.4) * (1.0 - 0.55 * open_) * (1.0 - 0.35 * pressed)
    top = LINE_Y + 1.0 - 0.16 * gap - raised + 1.6 * pressed
    bottom = top + gap
    corner = LINE_Y + 1.0 - smile + 0.30 * gap
    peak, low = top - upper, bottom + lower

    u = _ACROSS
    round_ = min(1.0, _by_width(width, 1.0, 0.22, 0.08) + 0.40 * open_)
    inner, outer = 1.0 - 0.45 * round_, 1.0 - 0.5 * round_  # 1 a parabola's pointed ends, 0.5 an ellipse's round
    bow = 0.30 * upper * np.exp(-np.square(u / 0.12)) * (1.0 - 0.5 * pressed)
    tubercle = 0.9 * np.exp(-np.square(u / 0.2)) * (1.0 - pressed)
    lens = np.power(1.0 - np.square(u), inner)
    level = corner - 0.9 * u * (1.0 - open_)  # one corner smiles a little more than the other

    def curve(reach: float, y: Path) -> Path:
        return np.stack([CENTRE_X + reach * half * u, y], axis=1)

    return _Lips(
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


def _draw_surroundings(brush: _Brush, lips: _Lips) -> None:
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


def _draw_cavity(brush: _Brush, lips: _Lips, open_: float) -> None:
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


def _draw_lips(brush: _Brush, lips: _Lips) -> None:
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


def _draw_teeth_and_tongue(brush: _Brush, lips: _Lips, open_: float, teeth: float, tongue: float) -> None:
    """Both rows, the tongue's tip between them, and what the lips throw on them."""
    on_lip = 2.4 * lips.bite  # in f and v the upper row lies on the lower lip
    reach = np.vstack([lips.upper_inner, np.add(lips.lower_inner, (0.0, on_lip))[::-1]])
    inside = brush.mask(reach, 0.25)

    longest = 9.5 - 2.5 * lips.rounded
    relaxed = min(0.70 * longest, max(0.0, (0.34 - 0.22 * lips.rounded) * (lips.gap - 3.0)))
    shown = max(relaxed, min(longest, 0.60 * lips.gap + on_lip + 1.0 * lips.bite))
    upper = relaxed + teeth * (shown - relaxed)

    meeting = teeth * (1.0 - lips.bite) * (1.0 - _ease(open_, 0.18, 0.5))
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


_ROW = np.linspace(-_ROW_HALF, _ROW_HALF, 125)


def _row_edge(y: float, rise: float) -> Path:
    """A row's cutting edge: an arch with a notch between every two teeth; `rise` is 1 for the upper row, else -1."""
    gaps = _UPPER_GAPS if rise > 0 else _LOWER_GAPS
    notches = sum(np.exp(-np.square((np.abs(_ROW) - place) / 0.7)) for place in gaps)
    return np.stack([CENTRE_X + _ROW, y - rise * (3.4 * np.abs(_ROW / _ROW_HALF) ** 2.5 + 0.6 * notches)], axis=1)


def _draw_row(brush: _Brush, edge: Path, rise: float, tones: tuple[str, str], inside: Plane) -> None:
    middle = float(edge[len(edge) // 2, 1])
    root = middle - rise * 16.0
    row = np.vstack([edge, [(edge[-1, 0], root), (edge[0, 0], root)]])
    brush.paint(np.add(row, (0.0, rise * 1.2)), _DARK, 0.40, 1.0, inside)
    brush.paint(row, Fade((0, middle), (0, middle - rise * 10.0), tones), 1.0, 0.3, inside)
    within = inside * brush.mask(row)
    for place in _UPPER_GAPS if rise > 0 else _LOWER_GAPS:
        for x in {CENTRE_X + place, CENTRE_X - place}:
            line = np.array([(x, middle + 2.0), (x, middle - rise * 10.0)])
            brush.paint(stroke(line, (0.8, 0.8)), "#B79A8A", 0.34, 0.35, within)
    brush.paint(ellipse(CENTRE_X + 32, middle, 20, 16), "#9A7768", 0.35, 6.0, within)
    brush.paint(ellipse(CENTRE_X - 36, middle, 15, 16), "#9A7768", 0.35, 5.0, within)


def _draw_tip(brush: _Brush, lips: _Lips, upper: float, tongue: float, inside: Plane) -> None:
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


def distinct(state: tuple[float, ...]) -> tuple[float, ...]:
    """The state to draw for `state`: where a number makes no difference, it is 0."""
    opening, width, teeth, tongue = state
    if opening < 0.0:
        teeth = 0.0
    if opening <= 0.0 or opening > 0.7:
        tongue = 0.0
    return opening, width, teeth, tongue
