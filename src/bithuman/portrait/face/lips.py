"""The outlines of a mouth: as they are in the photo, and at rest."""

from dataclasses import dataclass

import numpy as np

from bithuman.portrait.face.landmarks import LIP_MIDDLE, LIP_POINTS
from bithuman.portrait.picture.arrays import Points
from bithuman.portrait.picture.paint import bump

# A smile, in eye distances: the gap between the lips and the width of the mouth at which it begins, and how much more
# of each makes it a full one.
_SMILE_GAP, _SMILE_GAP_MORE = 0.02, 0.06
_SMILE_WIDTH, _SMILE_WIDTH_MORE = 0.92, 0.1

# The mouth at rest, in eye distances.
_RELAXED_WIDTH = 0.88
_PARTED_GAP = 0.04
"""Lips with a larger gap smile: they meet lower than half way."""
_UPPER_THICKNESS = (0.10, 0.16)
_LOWER_THICKNESS = (0.135, 0.19)
"""The least and the most in the middle."""
_MIDDLE_LOW = 0.006
"""The middle of the line where the lips meet lies lower by this, ..."""
_CORNER_SAG = 0.016
"""... and the corners higher by this than a straight mouth has them."""
_TUBERCLE, _TUBERCLE_WIDE = 0.012, 0.22
"""The upper lip comes down in the middle: by how much, and over which share of half the mouth, ..."""
_BESIDE, _BESIDE_AT, _BESIDE_WIDE = -0.007, 0.42, 0.2
"""... and is a little higher beside it."""

# Shares.
_WIDTH_KEPT = 0.2
"""Of the width beyond a relaxed mouth's: some mouths are wide."""
_CLOSED_SHARE = 0.70
"""Where the closed lips meet: this far down from a smiling upper lip to the lower one."""
_FULLER = 0.6
"""The power of a mouth's narrowing by which its lips grow thicker."""
_UPPER_BOW = np.array([0.0, 0.36, 0.66, 0.92, 1.06, 0.84, 1.06, 0.92, 0.66, 0.36, 0.0])
_LOWER_BOW = np.array([0.0, 0.30, 0.58, 0.82, 0.96, 1.0, 0.96, 0.82, 0.58, 0.30, 0.0])
"""How thick the lips are along their lines, against the middle."""
_OUTER_PLACES = np.array([-1.0, -0.83, -0.62, -0.40, -0.19, 0.0, 0.19, 0.40, 0.62, 0.83, 1.0])
INNER_PLACES = np.array([-0.93, -0.79, -0.60, -0.39, -0.19, 0.0, 0.19, 0.39, 0.60, 0.79, 0.93])
"""Where the points of a line lie between the corners of the mouth."""


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
        middle: Points = (self.upper_inner[LIP_MIDDLE] + self.lower_inner[LIP_MIDDLE]) / 2.0
        return middle

    @property
    def gap(self) -> float:
        """How far the lips are apart in the middle."""
        return float(self.lower_inner[LIP_MIDDLE, 1] - self.upper_inner[LIP_MIDDLE, 1])

    @property
    def width(self) -> float:
        return float(self.upper_outer[-1, 0] - self.upper_outer[0, 0])

    @property
    def upper_thickness(self) -> float:
        """How thick the upper lip is in the middle."""
        return float(self.upper_inner[LIP_MIDDLE, 1] - self.upper_outer[LIP_MIDDLE, 1])

    @property
    def lower_thickness(self) -> float:
        return float(self.lower_outer[LIP_MIDDLE, 1] - self.lower_inner[LIP_MIDDLE, 1])


def smile_of(lips: Lips, unit: float) -> float:
    """How far from rest the lips are, 0 to 1: parted, or wide. `unit` is the eye distance."""
    parted = (lips.gap / unit - _SMILE_GAP) / _SMILE_GAP_MORE
    wide = (lips.width / unit - _SMILE_WIDTH) / _SMILE_WIDTH_MORE
    return float(np.clip(max(parted, wide), 0.0, 1.0))


def relax(lips: Lips, unit: float) -> Lips:
    """The same mouth closed and at ease. `unit` is the eye distance.

    A smile is wide and thin, with its corners high: they come in and down, the lips get back their bow and fullness,
    and meet where the lower edge of the upper teeth just shows no more.
    """
    spread = lips.width / unit
    smile = smile_of(lips, unit)
    width = min(spread, _RELAXED_WIDTH + _WIDTH_KEPT * max(spread - _RELAXED_WIDTH, 0.0)) * unit
    middle_x = lips.middle[0]
    meet_y = lips.upper_inner[LIP_MIDDLE, 1] + (_CLOSED_SHARE if lips.gap > _PARTED_GAP * unit else 0.5) * lips.gap
    fuller = (lips.width / width) ** _FULLER
    upper = _bounded(fuller * lips.upper_thickness, _UPPER_THICKNESS, unit)
    lower = _bounded(fuller * lips.lower_thickness, _LOWER_THICKNESS, unit)

    def line(places: Points, thickness: Points) -> Points:
        bow = _TUBERCLE * bump(places, _TUBERCLE_WIDE) + _BESIDE * bump(np.abs(places), _BESIDE_WIDE, _BESIDE_AT)
        sag = unit * (bow + _MIDDLE_LOW - _CORNER_SAG * places**2)  # the corners stay a little above the middle
        return np.stack([middle_x + places * width / 2.0, meet_y + sag + thickness], axis=1)

    nothing = np.zeros(LIP_POINTS)
    template = (
        line(_OUTER_PLACES, -upper * _UPPER_BOW),
        line(INNER_PLACES, nothing),
        line(INNER_PLACES, nothing),
        line(_OUTER_PLACES, lower * _LOWER_BOW),
    )
    between = (lips.upper_inner + lips.lower_inner) / 2.0
    own = (lips.upper_outer, between, between, lips.lower_outer)
    return Lips(*(smile * t + (1.0 - smile) * o for t, o in zip(template, own, strict=True)))


def _bounded(length_px: float, bounds: tuple[float, float], unit: float) -> float:
    return min(max(length_px, bounds[0] * unit), bounds[1] * unit)
