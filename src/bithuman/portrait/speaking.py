"""The outlines of a mouth in any shape that speech asks for."""

from dataclasses import replace

import numpy as np

from bithuman.engine.shape import PictureState
from bithuman.portrait.landmarks import Points
from bithuman.portrait.lips import INNER_PLACES, Lips

GAP = 0.34
"""How far apart the lips of a wide open mouth are, in units of the distance between the eyes."""
DROP = 0.18
"""How far the chin goes down with it, in the same unit."""

_ROLLED = 0.42
"""Of a lip's height that is turned inwards when it is pressed or bitten."""
_WITHOUT_ENDS = np.stack([np.zeros(11), 1.0 - INNER_PLACES**4], axis=1)


def speak(rest: Lips, unit: float, state: PictureState) -> Lips:
    """The resting lips in the shape for a state of the mouth, as seen in the frame, once the jaw has moved.

    `unit` is the distance between the eyes.
    """
    opened, pressed = max(state.opening, 0.0), max(-state.opening, 0.0)
    rounded, spread = max(-state.width, 0.0), max(state.width, 0.0)
    bite, bare = bitten(state), state.teeth * (1.0 - pressed)

    gap = GAP * unit * opened * (1.0 - 0.15 * rounded - 0.08 * spread)
    lift = 0.17 * gap + unit * (0.036 * bare + 0.028 * bite)
    fall = 0.83 * gap + unit * (0.028 * state.tongue * (1.0 - pressed) - 0.012 * bite)
    corner = 0.38 * gap * (1.0 - 0.5 * rounded)
    narrow = 1.0 + 0.12 * spread * (1.0 - 0.5 * opened) - 0.36 * rounded - 0.11 * opened * (1.0 - rounded)

    places = (rest.upper_inner[:, 0] - rest.middle[0]) / (rest.width / 2.0)
    parted = min((lift + fall) / (0.17 * unit), 1.0)  # lips that part a little part in the middle
    reach = 0.87 + 0.05 * opened - 0.15 * rounded - 0.28 * (1.0 - parted) * (1.0 - 0.4 * rounded)
    hollow = np.maximum(1.0 - np.square(places / reach), 0.0)

    def inner(line: Points, depth: float, arch: Points) -> Points:
        x = rest.middle[0] + (line[:, 0] - rest.middle[0]) * narrow
        return np.stack([x, line[:, 1] + depth * arch + corner * (1.0 - arch)], axis=1)

    upper_inner = inner(rest.upper_inner, -lift, hollow ** (0.80 - 0.30 * rounded))
    lower_inner = inner(_without_bow(rest.lower_inner, parted), fall, hollow ** (0.66 - 0.16 * rounded))
    upper_full = 1.0 + 0.34 * rounded - 0.42 * pressed - 0.10 * opened - 0.14 * spread - 0.14 * bare
    lower_full = 1.0 + 0.18 * rounded - 0.46 * pressed - 0.06 * opened - 0.10 * spread - 0.30 * bite
    upper_outer = upper_inner + _fuller(rest.upper_outer - rest.upper_inner, rounded) * (narrow, upper_full)
    lower_outer = lower_inner + _fuller(rest.lower_outer - rest.lower_inner, rounded) * (narrow, lower_full)
    upper_outer[[0, -1]] = lower_outer[[0, -1]] = (upper_outer[[0, -1]] + lower_outer[[0, -1]]) / 2.0
    return Lips(upper_outer, upper_inner, lower_inner, lower_outer)


def _without_bow(line: Points, parted: float) -> Points:
    """The lower lip's edge, which is bent as the upper one's only while they touch."""
    x, y = line.T
    plain = np.polyval(np.polyfit(x - x[5], y, 2), x - x[5])
    return np.stack([x, y + parted * (plain - y)], axis=1)


def _fuller(thickness: Points, rounded: float) -> Points:
    """A lip's thickness along its line, (11, 2), spread out towards the corners as it is rounded: a bow, not a tab."""
    tall = np.abs(thickness[:, 1])
    most = max(float(tall.max()), 1e-6)
    spread = most * (tall / most) ** (1.0 - 0.5 * rounded)
    return np.stack([thickness[:, 0], np.copysign(spread, thickness[:, 1])], axis=1)


def rolled(rest: Lips, state: PictureState) -> Lips:
    """The resting lips without what is turned inwards, out of sight, when they are pressed or bitten."""
    upper = _ROLLED * max(-state.opening, 0.0)
    lower = max(upper, _ROLLED * bitten(state))
    return replace(
        rest,
        upper_inner=rest.upper_inner + upper * (rest.upper_outer - rest.upper_inner) * _WITHOUT_ENDS,
        lower_inner=rest.lower_inner + lower * (rest.lower_outer - rest.lower_inner) * _WITHOUT_ENDS,
    )


def bitten(state: PictureState) -> float:
    """How far the lower lip lies under the upper teeth, 0 to 1: f and v are teeth without an opening."""
    if state.opening < 0.0:
        return 0.0
    t = min(max((state.opening - 0.05) / 0.06, 0.0), 1.0)
    return state.teeth * (1.0 - t * t * (3.0 - 2.0 * t))
