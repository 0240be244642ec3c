"""The outlines of a mouth: as the photo has them, at rest, and in any shape that speech asks for."""

from dataclasses import dataclass, replace

import numpy as np

from bithuman.portrait.landmarks import (
    LEFT_IRIS,
    LOWER_LIP_INNER,
    LOWER_LIP_OUTER,
    RIGHT_IRIS,
    UPPER_LIP_INNER,
    UPPER_LIP_OUTER,
    Points,
)

GAP = 0.34
"""How far apart the lips of a wide open mouth are, in units of the distance between the eyes."""
DROP = 0.18
"""How far the chin goes down with it, in the same unit."""

_RELAXED_WIDTH = 0.88
_CLOSED_SHARE = 0.70
"""Where the closed lips meet: this far down from a smiling upper lip to the lower one."""
_UPPER_BOW = np.array([0.0, 0.36, 0.66, 0.90, 1.02, 0.90, 1.02, 0.90, 0.66, 0.36, 0.0])
_LOWER_BOW = np.array([0.0, 0.30, 0.58, 0.82, 0.96, 1.0, 0.96, 0.82, 0.58, 0.30, 0.0])
_OUTER_PLACES = np.array([-1.0, -0.83, -0.62, -0.40, -0.19, 0.0, 0.19, 0.40, 0.62, 0.83, 1.0])
_INNER_PLACES = np.array([-0.93, -0.79, -0.60, -0.39, -0.19, 0.0, 0.19, 0.39, 0.60, 0.79, 0.93])


@dataclass(frozen=True, slots=True, eq=False)
class Lips:
    """Four lines of eleven points from the left corner to the right one, (11, 2) each, in working pixels."""

    upper_outer: Points
    upper_inner: Points
    lower_inner: Points
    lower_outer: Points

    @property
    def middle(self) -> Points:
        """The point between the lips, (2,)."""
        middle: Points = (self.upper_inner[5] + self.lower_inner[5]) / 2.0
        return middle

    @property
    def gap(self) -> float:
        return float(self.lower_inner[5, 1] - self.upper_inner[5, 1])

    @property
    def width(self) -> float:
        return float(self.upper_outer[-1, 0] - self.upper_outer[0, 0])


def eye_distance(points: Points) -> float:
    return float(np.linalg.norm(points[LEFT_IRIS[0], :2] - points[RIGHT_IRIS[0], :2]))


def photo_lips(points: Points) -> Lips:
    """The outlines in the photo."""
    lines = (UPPER_LIP_OUTER, UPPER_LIP_INNER, LOWER_LIP_INNER, LOWER_LIP_OUTER)
    return Lips(*(points[list(line), :2].copy() for line in lines))


def smile_of(lips: Lips, unit: float) -> float:
    """How far from rest the lips are, 0 to 1: parted, or wide."""
    return float(np.clip(max((lips.gap / unit - 0.02) / 0.06, (lips.width / unit - 0.92) / 0.1), 0.0, 1.0))


def relax(lips: Lips, unit: float) -> Lips:
    """The same mouth closed and at ease, whatever it did in the photo.

    A smile is wide and thin, with its corners high: they come in and down, the lips get back their bow and fullness,
    and meet where the lower edge of the upper teeth just shows no more.
    """
    spread = lips.width / unit
    smile = smile_of(lips, unit)
    width = min(spread, _RELAXED_WIDTH + 0.2 * max(spread - _RELAXED_WIDTH, 0.0)) * unit
    middle_x = lips.middle[0]
    meet_y = lips.upper_inner[5, 1] + (_CLOSED_SHARE if lips.gap > 0.04 * unit else 0.5) * lips.gap
    fuller = (lips.width / width) ** 0.6
    upper = np.clip(fuller * (lips.upper_inner[5, 1] - lips.upper_outer[5, 1]), 0.10 * unit, 0.16 * unit)
    lower = np.clip(fuller * (lips.lower_outer[5, 1] - lips.lower_inner[5, 1]), 0.135 * unit, 0.19 * unit)

    def line(places: Points, thickness: Points) -> Points:
        sag = 0.032 * unit * (1.0 - places**2) - 0.018 * unit  # the corners stay a little above the middle
        return np.stack([middle_x + places * width / 2.0, meet_y + sag + thickness], axis=1)

    nothing = np.zeros(11)
    template = (
        line(_OUTER_PLACES, -upper * _UPPER_BOW),
        line(_INNER_PLACES, nothing),
        line(_INNER_PLACES, nothing),
        line(_OUTER_PLACES, lower * _LOWER_BOW),
    )
    between = (lips.upper_inner + lips.lower_inner) / 2.0
    own = (lips.upper_outer, between, between, lips.lower_outer)
    return Lips(*(smile * t + (1.0 - smile) * o for t, o in zip(template, own, strict=True)))


def speak(rest: Lips, unit: float, opening: float, width: float, teeth: float, tongue: float) -> Lips:
    """The resting lips in the shape for a state of the mouth (see `PictureState`), as seen in the final frame."""
    open_, pressed = max(opening, 0.0), max(-opening, 0.0)
    round_, spread = max(-width, 0.0), max(width, 0.0)
    bite = bitten(opening, teeth)
    bare = teeth * (1.0 - pressed)

    gap = GAP * unit * open_ * (1.0 - 0.15 * round_ - 0.08 * spread)
    lift = 0.17 * gap + unit * (0.036 * bare + 0.028 * bite)
    fall = 0.83 * gap + unit * (0.028 * tongue * (1.0 - pressed) - 0.012 * bite)
    corner = 0.30 * gap * (1.0 - 0.5 * round_)
    narrow = 1.0 + 0.12 * spread * (1.0 - 0.5 * open_) - 0.36 * round_ - 0.11 * open_ * (1.0 - round_) + 0.02 * pressed

    places = (rest.upper_inner[:, 0] - rest.middle[0]) / (rest.width / 2.0)
    parted = min((lift + fall) / (0.17 * unit), 1.0)  # lips that part a little part in the middle
    reach = 0.87 + 0.05 * open_ - 0.15 * round_ - 0.28 * (1.0 - parted) * (1.0 - 0.4 * round_)
    hollow = np.maximum(1.0 - np.square(places / reach), 0.0)
    upper_arch = hollow ** (0.80 - 0.30 * round_)
    lower_arch = hollow ** (0.66 - 0.16 * round_)

    inner = []
    for line, arch, depth in ((rest.upper_inner, upper_arch, -lift), (rest.lower_inner, lower_arch, fall)):
        x = rest.middle[0] + (line[:, 0] - rest.middle[0]) * narrow
        inner.append(np.stack([x, line[:, 1] + depth * arch + corner * (1.0 - arch)], axis=1))
    upper_inner, lower_inner = inner
    upper_full = 1.0 + 0.50 * round_ - 0.42 * pressed - 0.10 * open_ - 0.14 * spread - 0.14 * bare
    lower_full = 1.0 + 0.42 * round_ - 0.46 * pressed - 0.06 * open_ - 0.10 * spread - 0.30 * bite
    upper_outer = _around(rest.upper_outer, rest.upper_inner, upper_inner, narrow, upper_full)
    lower_outer = _around(rest.lower_outer, rest.lower_inner, lower_inner, narrow, lower_full)
    ends = (upper_outer[[0, -1]] + lower_outer[[0, -1]]) / 2.0
    upper_outer[[0, -1]] = lower_outer[[0, -1]] = ends
    return Lips(upper_outer, upper_inner, lower_inner, lower_outer)


def bitten(opening: float, teeth: float) -> float:
    """How far the lower lip lies under the upper teeth, 0 to 1: f and v are teeth without an opening."""
    if opening < 0.0:
        return 0.0
    t = min(max((opening - 0.05) / 0.06, 0.0), 1.0)
    return teeth * (1.0 - t * t * (3.0 - 2.0 * t))


def rolled(rest: Lips, opening: float, teeth: float) -> Lips:
    """The resting lips without what is turned inwards, out of sight, when they are pressed or bitten."""
    pressed = max(-opening, 0.0)
    upper, lower = 0.42 * pressed, 0.42 * max(pressed, bitten(opening, teeth))
    return replace(
        rest,
        upper_inner=rest.upper_inner + upper * (rest.upper_outer - rest.upper_inner) * _LIDDED,
        lower_inner=rest.lower_inner + lower * (rest.lower_outer - rest.lower_inner) * _LIDDED,
    )


_LIDDED = np.stack([np.zeros(11), (1.0 - _INNER_PLACES**4)], axis=1)


def _around(outer: Points, inner: Points, moved: Points, narrow: float, full: float) -> Points:
    """The outer line of a lip whose inner line has moved, `full` times as thick and `narrow` times as wide."""
    offset = outer - inner
    return moved + offset * (narrow, full)
