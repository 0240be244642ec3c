"""Lips painted anew where a smile was closed: it stretched them, and bent back they would be pale and streaky."""

import numpy as np

from bithuman.portrait.face.geometry import Geometry
from bithuman.portrait.face.landmarks import LIP_MIDDLE
from bithuman.portrait.face.lips import Lips
from bithuman.portrait.picture.arrays import DARKEST, Box, Colour, Layer, Plane, Points
from bithuman.portrait.picture.boxes import Reach, box_around, clip_box, columns_of, cut, rows_of
from bithuman.portrait.picture.lines import curve
from bithuman.portrait.picture.paint import Spot, blur, fill, shaded, smooth_step

# In eye distances.
_AREA = Reach(left=0.75, up=0.5, width=1.5, height=1.0)
_GRAIN_SIZE, _SIDE_LIGHT_SIZE = 0.02, 0.2
_LIP_SOFT = 0.014
_SHADOW_TALL, _SHADOW_SOFT = 0.06, 0.035

# Shares.
_PAINTED = 0.94
"""How much of a full smile's lips is painted."""
_GRAIN_KEPT, _MOST_GRAIN = 0.8, 0.05
"""How much of the bent picture's own finest detail is kept, and the most of it."""
_SIDE_LIGHT = (0.85, 1.15)
"""The least and the most against the middle of the mouth."""
_CORNER_SHADE, _CORNER_FADE = 0.10, (0.5, 1.0)
_SHADOW = 0.14
_SHADOW_ENDS = 2
"""Points of the lower lip's edge at either end that throw no shadow."""

# The light on a lip, along its depth: 0 at its inner edge, 1 at its rim.
_UPPER_INNER_LIGHT, _UPPER_RIM_LIGHT = 0.87, 0.15
_LOWER_LIGHT, _CUSHION_LIGHT, _CUSHION_POWER = 0.85, 0.10, 0.8
_BROAD_LIGHT, _BROAD_SPOT = 0.10, Spot(across=0.0, down=0.42, wide=0.42, tall=0.26)
_WET_LIGHT, _WET_SPOT = 0.09, Spot(across=0.0, down=0.36, wide=0.22, tall=0.12)
"""A highlight in the middle of the lower lip: broad, and the sharper one of wet lips."""
_LEAST_HEIGHT_PX = 1.0

# Where a lip's colour is taken from.
_CORE_DEPTHS = (0.2, 0.75)
_CORE_POINTS = slice(LIP_MIDDLE - 2, LIP_MIDDLE + 3)


def paint_lips(picture: Layer, photo: Layer, face: Geometry) -> Layer:
    """The picture with the resting lips in the colours that they have in the photo: even from corner to corner, round,
    and with a soft shade below them."""
    unit, rest, smile = face.eye_distance, face.rest, face.smile
    box = clip_box(box_around(rest.middle, _AREA, unit), picture)
    whole = picture.copy()
    piece = cut(whole, box)
    grain = _GRAIN_KEPT * np.clip(piece - blur(piece, _GRAIN_SIZE * unit), -_MOST_GRAIN, _MOST_GRAIN)
    place = (np.abs(columns_of(box) - rest.middle[0]) / (rest.width / 2.0)).astype(np.float32)
    side_light = _side_light(piece, place, box, face)

    painted = shaded(piece, 1.0 - _SHADOW * smile * _shadow(rest, box, unit))
    upper, lower = curve(rest.upper_inner), curve(rest.lower_inner)
    upper_rim, lower_rim = curve(rest.upper_outer), curve(rest.lower_outer)
    upper_light = _light_above(_depth(upper, upper_rim, box))
    lower_light = _light_below(_depth(lower, lower_rim, box), place)
    for edge, rim, light, colour in (
        (upper, upper_rim, upper_light, _colour(photo, face.lips.upper_inner, face.lips.upper_outer)),
        (lower, lower_rim, lower_light, _colour(photo, face.lips.lower_inner, face.lips.lower_outer)),
    ):
        mask = fill(np.vstack([edge, rim[::-1]]), box, _LIP_SOFT * unit)
        lip = colour * (light * side_light)[..., None] + grain
        painted += (_PAINTED * smile * mask)[..., None] * (lip - painted)
    piece[:] = np.clip(painted, 0.0, 1.0)
    return whole


def _side_light(piece: Layer, place: Plane, box: Box, face: Geometry) -> Plane:
    """How light each pixel is against the middle of the mouth, by the face's broad shading. `place` is 0 in the middle
    and 1 in the corners."""
    x, y = face.rest.middle
    broad = blur(piece.mean(axis=2), _SIDE_LIGHT_SIZE * face.eye_distance)
    light: Plane = np.clip(broad / max(float(broad[int(y) - box[1], int(x) - box[0]]), DARKEST), *_SIDE_LIGHT)
    light *= 1.0 - _CORNER_SHADE * smooth_step(*_CORNER_FADE, place)
    return light


def _depth(edge: Points, rim: Points, box: Box) -> Plane:
    """How far each pixel lies from a lip's inner edge, 0, to its rim, 1."""
    near, far = (np.interp(columns_of(box), line[:, 0], line[:, 1]) for line in (edge, rim))
    tall = np.where(np.abs(far - near) < _LEAST_HEIGHT_PX, _LEAST_HEIGHT_PX, far - near)
    return np.clip((rows_of(box) - near) / tall, 0.0, 1.0).astype(np.float32)


def _light_above(depth: Plane) -> Plane:
    """The upper lip looks down: darkest where it meets the lower one."""
    light: Plane = _UPPER_INNER_LIGHT + np.float32(_UPPER_RIM_LIGHT) * np.sqrt(depth)
    return light


def _light_below(depth: Plane, place: Plane) -> Plane:
    """The lower lip is a cushion with a highlight in the middle, where `place` is 0; it is 1 in the corners."""
    broad, wet = _BROAD_LIGHT * _BROAD_SPOT.at(place, depth), _WET_LIGHT * _WET_SPOT.at(place, depth)
    light: Plane = _LOWER_LIGHT + _CUSHION_LIGHT * np.sin(np.pi * depth**_CUSHION_POWER) + broad + wet
    return light


def _colour(picture: Layer, inner: Points, outer: Points) -> Colour:
    """A lip's colour: of the redder half of its middle, for its outline takes in some skin."""
    near, far = (inner + depth * (outer - inner) for depth in _CORE_DEPTHS)
    outline = np.vstack([near[_CORE_POINTS], far[_CORE_POINTS][::-1]])
    core = fill(outline, (0, 0, picture.shape[1], picture.shape[0]))
    pixels = picture[core >= 0.5 * core.max()]
    redness = pixels[:, 2] - pixels[:, 1]
    colour: Colour = pixels[redness >= np.median(redness)].mean(axis=0)
    return colour


def _shadow(rest: Lips, box: Box, unit: float) -> Plane:
    """The shade below a full lower lip, 0 to 1."""
    outer = curve(rest.lower_outer[_SHADOW_ENDS:-_SHADOW_ENDS])
    shape = np.vstack([outer, (outer + np.array([0.0, _SHADOW_TALL * unit]))[::-1]])
    return fill(shape, box, _SHADOW_SOFT * unit)
