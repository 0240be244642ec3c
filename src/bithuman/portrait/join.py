"""Put lips where they are to be, and let the skin around follow."""

import numpy as np

from bithuman.portrait.landmarks import Points
from bithuman.portrait.lips import Lips
from bithuman.portrait.planes import Box, Layer, Plane, curve, fill, smooth_step
from bithuman.portrait.warp import bend, fetch

_NOSE = (2, 97, 326, 98, 327, 129, 358, 4)


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


def close_mouth(picture: Layer, points: Points, photo: Lips, rest: Lips, unit: float) -> Layer:
    """The whole picture with the photo's lips at rest. The skin between nose, cheeks and jaw follows."""
    x, y = rest.middle
    box = (int(x - 1.15 * unit), int(y - 0.75 * unit), int(2.3 * unit), int(1.6 * unit))
    left, top, width, height = box = clip_box(box, picture)
    fixed = np.vstack([points[list(_NOSE), :2], frame_points(box, 7)])
    piece = join(picture, photo, rest, (fixed, fixed), box)
    whole = picture.copy()
    part = whole[top : top + height, left : left + width]
    part += rim_mask(width, height, int(0.12 * unit))[..., None] * (piece - part)
    return whole


def clip_box(box: Box, picture: Layer) -> Box:
    """The part of a box that lies in the picture."""
    left, top = max(box[0], 0), max(box[1], 0)
    right, bottom = min(box[0] + box[2], picture.shape[1]), min(box[1] + box[3], picture.shape[0])
    return left, top, right - left, bottom - top


def frame_points(box: Box, along: int) -> Points:
    """Points around the rim of a box, `along` of them on each side."""
    x, y, width, height = box
    across, down = np.linspace(x, x + width, along), np.linspace(y, y + height, along)[1:-1]
    sides = [(px, py) for py in down for px in (x, x + width)]
    return np.array([*[(px, py) for px in across for py in (y, y + height)], *sides], float)


def rim_mask(width: int, height: int, rim_px: int) -> Plane:
    """1 inside, falling smoothly to 0 over `rim_px` at the rim; the outermost two pixels are 0."""
    across = np.minimum(np.arange(width), np.arange(width)[::-1]).astype(np.float32)
    down = np.minimum(np.arange(height), np.arange(height)[::-1]).astype(np.float32)
    return np.outer(smooth_step(2.0, rim_px, down), smooth_step(2.0, rim_px, across))


def _below(lips: Lips, box: Box) -> Plane:
    """How far each pixel belongs to the lower half of the face."""
    x, y, width, height = box
    line = curve(lips.lower_inner)
    ends = [(x - 9.0, line[0, 1]), *line, (x + width + 9.0, line[-1, 1])]
    return fill(np.array([*ends, (x + width + 9.0, y + height + 9.0), (x - 9.0, y + height + 9.0)]), box, 1.0)
