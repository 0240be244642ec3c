"""Put lips where they are to be, and let the skin around follow."""

import numpy as np

from bithuman.portrait.face.lips import Lips
from bithuman.portrait.picture.arrays import Box, Layer, Plane, Points
from bithuman.portrait.picture.lines import curve
from bithuman.portrait.picture.paint import fill
from bithuman.portrait.picture.warp import bend, fetch

_BEYOND_PX = 9.0
"""How far outside the box the lower half of the face goes on."""
_HALVES_SOFT_PX = 1.0


def join(picture: Layer, sources: Lips, targets: Lips, held: tuple[Points, Points], box: Box) -> Layer:
    """The picture in `box` with the lips of `sources` on the outlines of `targets`, and skin that follows.

    Above the line between the lips one bend is used, below it another: they differ where the mouth is open.
    `held` are further points, where they go and where they come from.
    """
    halves = []
    for target_inner, source_inner in (
        (targets.upper_inner, sources.upper_inner),
        (targets.lower_inner, sources.lower_inner),
    ):
        to = np.vstack([targets.upper_outer, targets.lower_outer[1:-1], target_inner, held[0]])
        of = np.vstack([sources.upper_outer, sources.lower_outer[1:-1], source_inner, held[1]])
        halves.append(fetch(picture, bend(to, of, box), box))
    below = _below(targets, box)[..., None]
    return halves[0] + below * (halves[1] - halves[0])


def _below(lips: Lips, box: Box) -> Plane:
    """How far each pixel belongs to the lower half of the face."""
    x, y, width, height = box
    line = curve(lips.lower_inner)
    left, right, bottom = x - _BEYOND_PX, x + width + _BEYOND_PX, y + height + _BEYOND_PX
    ends = [(left, line[0, 1]), *line, (right, line[-1, 1])]
    return fill(np.array([*ends, (right, bottom), (left, bottom)]), box, _HALVES_SOFT_PX)
