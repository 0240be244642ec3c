"""The outlines of a mouth: as the photo has them, and at rest."""

from dataclasses import dataclass

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

_RELAXED_WIDTH = 0.88
_CLOSED_SHARE = 0.70
"""Where the closed lips meet: this far down from a smiling upper lip to the lower one."""
_UPPER_BOW = np.array([0.0, 0.36, 0.66, 0.92, 1.06, 0.84, 1.06, 0.92, 0.66, 0.36, 0.0])
_LOWER_BOW = np.array([0.0, 0.30, 0.58, 0.82, 0.96, 1.0, 0.96, 0.82, 0.58, 0.30, 0.0])
# Where the points of a line lie between the corners of the mouth, and how thick the lips are there, in shares.
_OUTER_PLACES = np.array([-1.0, -0.83, -0.62, -0.40, -0.19, 0.0, 0.19, 0.40, 0.62, 0.83, 1.0])
INNER_PLACES = np.array([-0.93, -0.79, -0.60, -0.39, -0.19, 0.0, 0.19, 0.39, 0.60, 0.79, 0.93])


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
        bow = 0.012 * np.exp(-np.square(places / 0.22)) - 0.007 * np.exp(-np.square((np.abs(places) - 0.42) / 0.2))
        sag = unit * (bow + 0.006 - 0.016 * places**2)  # the corners stay a little above the middle
        return np.stack([middle_x + places * width / 2.0, meet_y + sag + thickness], axis=1)

    nothing = np.zeros(11)
    template = (
        line(_OUTER_PLACES, -upper * _UPPER_BOW),
        line(INNER_PLACES, nothing),
        line(INNER_PLACES, nothing),
        line(_OUTER_PLACES, lower * _LOWER_BOW),
    )
    between = (lips.upper_inner + lips.lower_inner) / 2.0
    own = (lips.upper_outer, between, between, lips.lower_outer)
    return Lips(*(smile * t + (1.0 - smile) * o for t, o in zip(template, own, strict=True)))
