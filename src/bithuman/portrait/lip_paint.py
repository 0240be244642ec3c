"""Lips painted anew where a smile was closed: what it stretched pale and streaky cannot be bent back."""

import numpy as np

from bithuman.portrait.join import clip_box
from bithuman.portrait.landmarks import Points
from bithuman.portrait.lips import Lips
from bithuman.portrait.planes import Box, Colour, Layer, Plane, blur, curve, fill, shaded, smooth_step

_GRAIN = 0.8
"""How much of the bent picture's own finest detail is kept."""


def paint_lips(picture: Layer, photo: Lips, before: Layer, rest: Lips, unit: float, smile: float) -> Layer:
    """The picture with the resting lips in the colours of the photo's, `before`: even from corner to corner, round, and
    with a soft shade below them."""
    if smile == 0.0:
        return picture
    x, y = rest.middle
    box = clip_box((int(x - 0.75 * unit), int(y - 0.5 * unit), int(1.5 * unit), int(unit)), picture)
    left, top, width, height = box
    whole = picture.copy()
    piece = whole[top : top + height, left : left + width]
    grain = _GRAIN * np.clip(piece - blur(piece, 0.02 * unit), -0.05, 0.05)
    broad = blur(piece.mean(axis=2), 0.2 * unit)
    side_light = np.clip(broad / max(float(broad[int(y) - top, int(x) - left]), 1e-3), 0.85, 1.15)
    place = (np.abs(np.arange(width) + left - x) / (rest.width / 2.0)).astype(np.float32)
    side_light *= 1.0 - 0.10 * smooth_step(0.5, 1.0, place)

    painted = shaded(piece, 1.0 - 0.14 * smile * _shadow(rest, box, unit))
    upper, lower = curve(rest.upper_inner), curve(rest.lower_inner)
    upper_rim, lower_rim = curve(rest.upper_outer), curve(rest.lower_outer)
    upper_light = _light_above(_depth(upper, upper_rim, box))
    lower_light = _light_below(_depth(lower, lower_rim, box), place)
    for edge, rim, light, colour in (
        (upper, upper_rim, upper_light, _colour(before, photo.upper_inner, photo.upper_outer)),
        (lower, lower_rim, lower_light, _colour(before, photo.lower_inner, photo.lower_outer)),
    ):
        mask = fill(np.vstack([edge, rim[::-1]]), box, 0.014 * unit)
        lip = colour * (light * side_light)[..., None] + grain
        painted += (0.94 * smile * mask)[..., None] * (lip - painted)
    piece[:] = np.clip(painted, 0.0, 1.0)
    return whole


def _depth(edge: Points, rim: Points, box: Box) -> Plane:
    """How far each pixel lies from a lip's inner edge, 0, to its rim, 1."""
    left, top, width, height = box
    near, far = (np.interp(np.arange(width) + left, line[:, 0], line[:, 1]) for line in (edge, rim))
    tall = np.where(np.abs(far - near) < 1.0, 1.0, far - near)
    return np.clip((np.arange(height)[:, None] + top - near) / tall, 0.0, 1.0).astype(np.float32)


def lip_mask(lips: Lips, box: Box, soft_px: float) -> Plane:
    """How much of each pixel of `box` is red of the lips."""
    upper = np.vstack([curve(lips.upper_outer), curve(lips.upper_inner)[::-1]])
    lower = np.vstack([curve(lips.lower_inner), curve(lips.lower_outer)[::-1]])
    return np.maximum(fill(upper, box, soft_px), fill(lower, box, soft_px))


def _light_above(depth: Plane) -> Plane:
    """The upper lip looks down: darkest where it meets the lower one. `depth` is 0 there and 1 at its rim."""
    return 0.87 + np.float32(0.15) * np.sqrt(depth)


def _light_below(depth: Plane, place: Plane) -> Plane:
    """The lower lip is a cushion with a highlight in the middle, where `place` is 0; it is 1 in the corners."""
    broad = 0.10 * np.exp(-np.square(place / 0.42) - np.square((depth - 0.42) / 0.26))
    wet = 0.09 * np.exp(-np.square(place / 0.22) - np.square((depth - 0.36) / 0.12))
    light: Plane = 0.85 + 0.10 * np.sin(np.pi * depth**0.8) + broad + wet
    return light


def _colour(picture: Layer, inner: Points, outer: Points) -> Colour:
    """A lip's colour: of the redder half of its middle, for its outline takes in some skin."""
    near, far = inner + 0.2 * (outer - inner), inner + 0.75 * (outer - inner)
    core = fill(np.vstack([near[3:8], far[3:8][::-1]]), (0, 0, picture.shape[1], picture.shape[0]))
    pixels = picture[core >= 0.5 * core.max()]
    redness = pixels[:, 2] - pixels[:, 1]
    colour: Colour = pixels[redness >= np.median(redness)].mean(axis=0)
    return colour


def _shadow(rest: Lips, box: Box, unit: float) -> Plane:
    """What a full lower lip leaves in the shade below it."""
    outer = curve(rest.lower_outer[2:-2])
    shape = np.vstack([outer, (outer + np.array([0.0, 0.06 * unit]))[::-1]])
    return fill(shape, box, 0.035 * unit)
