"""The outlines of a mouth in any shape that speech asks for."""

from dataclasses import replace

import numpy as np

from bithuman.engine.shape import PictureState
from bithuman.portrait.face.landmarks import LIP_MIDDLE, LIP_POINTS
from bithuman.portrait.face.lips import INNER_PLACES, Lips
from bithuman.portrait.mouth.effort import Effort, bitten, effort_of
from bithuman.portrait.picture.arrays import TINY, Points

# In eye distances.
DROP = 0.18
"""How far the chin goes down with a wide open mouth."""
_GAP = 0.34
"""How far apart the lips of a wide open mouth are."""
_LIFT_BARE, _LIFT_BITE = 0.036, 0.028
"""How far the upper lip goes up to show teeth, and when they bite the lower lip."""
_FALL_TONGUE, _FALL_BITE = 0.028, -0.012
"""How far the lower lip goes down for the tongue, and when it is bitten."""
_PARTED = 0.17
"""Lips that are this far apart are parted along their whole line."""

# Shares of the gap.
_UPPER_SHARE, _LOWER_SHARE = 0.17, 0.83
_CORNER_SHARE = 0.38
"""How far the corners go down."""
_GAP_LOST_ROUNDED, _GAP_LOST_SPREAD = 0.15, 0.08
_CORNER_LOST_ROUNDED = 0.5

# Shares of half the mouth's width.
_WIDER_SPREAD, _WIDER_LOST_OPEN = 0.12, 0.5
_NARROWER_ROUNDED, _NARROWER_OPEN = 0.36, 0.11
_REACH, _REACH_OPEN, _REACH_ROUNDED = 0.87, 0.05, -0.15
"""How far aside the lips part."""
_REACH_TOUCHING, _REACH_TOUCHING_LOST_ROUNDED = 0.28, 0.4
"""How much less far they do while they part a little, in the middle."""

# Powers that bend the lips' inner lines: a small one makes a line flat in the middle.
_UPPER_ARCH, _UPPER_ARCH_ROUNDED = 0.80, 0.30
_LOWER_ARCH, _LOWER_ARCH_ROUNDED = 0.66, 0.16
_EVEN_ROUNDED = 0.5
"""By how much a rounded lip's thickness is more even along its line."""
_CORNERS_UNROLLED = 4
"""The higher, the nearer to the corners a lip is rolled inwards."""

_ROLLED = 0.42
"""Of a lip's height that is turned inwards when it is pressed or bitten."""
_WITHOUT_ENDS = np.stack([np.zeros(LIP_POINTS), 1.0 - INNER_PLACES**_CORNERS_UNROLLED], axis=1)


# How much thicker each effort makes a lip.
_UPPER_FULLNESS = Effort(rounded=0.34, pressed=-0.42, opened=-0.10, spread=-0.14, bare=-0.14, bite=0.0)
_LOWER_FULLNESS = Effort(rounded=0.18, pressed=-0.46, opened=-0.06, spread=-0.10, bare=0.0, bite=-0.30)


def speak(rest: Lips, unit: float, state: PictureState) -> Lips:
    """The resting lips in the shape for a state of the mouth, as seen in the frame, once the jaw has moved.

    `unit` is the eye distance.
    """
    effort = effort_of(state)
    rounded, pressed, opened, spread, bare, bite = effort
    gap = _GAP * unit * opened * (1.0 - _GAP_LOST_ROUNDED * rounded - _GAP_LOST_SPREAD * spread)
    lift = _UPPER_SHARE * gap + unit * (_LIFT_BARE * bare + _LIFT_BITE * bite)
    fall = _LOWER_SHARE * gap + unit * (_FALL_TONGUE * state.tongue * (1.0 - pressed) + _FALL_BITE * bite)
    corner = _CORNER_SHARE * gap * (1.0 - _CORNER_LOST_ROUNDED * rounded)
    wider = _WIDER_SPREAD * spread * (1.0 - _WIDER_LOST_OPEN * opened)
    narrow = 1.0 + wider - _NARROWER_ROUNDED * rounded - _NARROWER_OPEN * opened * (1.0 - rounded)

    places = (rest.upper_inner[:, 0] - rest.middle[0]) / (rest.width / 2.0)
    parted = min((lift + fall) / (_PARTED * unit), 1.0)  # lips that part a little part in the middle
    touching = _REACH_TOUCHING * (1.0 - parted) * (1.0 - _REACH_TOUCHING_LOST_ROUNDED * rounded)
    reach = _REACH + _REACH_OPEN * opened + _REACH_ROUNDED * rounded - touching
    hollow = np.maximum(1.0 - np.square(places / reach), 0.0)

    def inner(line: Points, depth: float, arch: Points) -> Points:
        x = rest.middle[0] + (line[:, 0] - rest.middle[0]) * narrow
        return np.stack([x, line[:, 1] + depth * arch + corner * (1.0 - arch)], axis=1)

    upper_inner = inner(rest.upper_inner, -lift, hollow ** (_UPPER_ARCH - _UPPER_ARCH_ROUNDED * rounded))
    lower_line = _without_bow(rest.lower_inner, parted)
    lower_inner = inner(lower_line, fall, hollow ** (_LOWER_ARCH - _LOWER_ARCH_ROUNDED * rounded))
    upper_scale, lower_scale = ((narrow, _fullness(effort, by)) for by in (_UPPER_FULLNESS, _LOWER_FULLNESS))
    upper_outer = upper_inner + _fuller(rest.upper_outer - rest.upper_inner, rounded) * upper_scale
    lower_outer = lower_inner + _fuller(rest.lower_outer - rest.lower_inner, rounded) * lower_scale
    upper_outer[[0, -1]] = lower_outer[[0, -1]] = (upper_outer[[0, -1]] + lower_outer[[0, -1]]) / 2.0
    return Lips(upper_outer, upper_inner, lower_inner, lower_outer)


def rolled(rest: Lips, state: PictureState) -> Lips:
    """The visible part of the resting lips when they are pressed or bitten: the rest is turned inwards."""
    upper = _ROLLED * max(-state.opening, 0.0)
    lower = max(upper, _ROLLED * bitten(state))
    return replace(
        rest,
        upper_inner=rest.upper_inner + upper * (rest.upper_outer - rest.upper_inner) * _WITHOUT_ENDS,
        lower_inner=rest.lower_inner + lower * (rest.lower_outer - rest.lower_inner) * _WITHOUT_ENDS,
    )


def _fullness(effort: Effort, by: Effort) -> float:
    """How thick a lip is against its thickness at rest."""
    full = 1.0
    for each, much in zip(by, effort, strict=True):
        full += each * much
    return full


def _without_bow(line: Points, parted: float) -> Points:
    """The lower lip's edge, which is bent as the upper one's only while they touch."""
    x, y = line.T
    from_middle = x - x[LIP_MIDDLE]
    plain = np.polyval(np.polyfit(from_middle, y, 2), from_middle)
    return np.stack([x, y + parted * (plain - y)], axis=1)


def _fuller(thickness: Points, rounded: float) -> Points:
    """A lip's thickness along its line, (11, 2), spread out towards the corners as it is rounded: a bow, not a tab."""
    tall = np.abs(thickness[:, 1])
    most = max(float(tall.max()), TINY)
    spread = most * (tall / most) ** (1.0 - _EVEN_ROUNDED * rounded)
    return np.stack([thickness[:, 0], np.copysign(spread, thickness[:, 1])], axis=1)
