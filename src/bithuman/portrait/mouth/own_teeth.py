"""The teeth that a smiling photo shows, to be shown again when the mouth speaks."""

import cv2
import numpy as np

from bithuman.portrait.face.geometry import Geometry
from bithuman.portrait.mouth.enamel import even_enamel, whiteness
from bithuman.portrait.mouth.teeth import Teeth, draw_upper
from bithuman.portrait.mouth.teeth_edge import teeth_edge
from bithuman.portrait.mouth.tooth import ENAMEL, GUM
from bithuman.portrait.picture.arrays import CHANNELS, CHANNELS_WITH_ALPHA, Colour, Layer, Plane
from bithuman.portrait.picture.lines import curve
from bithuman.portrait.picture.paint import fill, layer_over, ramp, smooth_step

# In eye distances.
_LEAST_GAP = 0.09
"""Between the lips: less shows too little of the teeth."""
_MARGIN = 0.06
_LIP_SHADOW = 0.022
"""How far below the upper lip the teeth are not in its shadow."""
_ABOVE = 0.12
"""How far the teeth are continued under the upper lip."""
_GUM_STARTS = (0.03, 0.06)
_EDGE_SOFT = (-0.018, 0.006)
"""Where the teeth end, from their edge downwards."""
_SIDE_SOFT = 0.04

# Shares.
_LEAST_SHARE = 0.35
"""Of the area between the lips that must be teeth."""
_SURELY_BETWEEN = 0.9
_GUM_LIGHT = 0.8
"""Against the brightest of the teeth."""
_SHADE = 0.82
"""How bright the drawn teeth in the corners of the mouth are against the photo's."""


def take_teeth(picture: Layer, face: Geometry) -> Teeth | None:
    """The upper teeth that the photo shows between its lips, with drawn ones beside them in the same colour; or None
    where it shows too little of them."""
    lips, unit = face.lips, face.eye_distance
    if lips.gap < _LEAST_GAP * unit:
        return None
    outline = np.vstack([curve(lips.upper_inner), curve(lips.lower_inner)[::-1]])
    left, top = (int(side) for side in outline.min(axis=0) - _MARGIN * unit)
    right, bottom = (int(side) for side in outline.max(axis=0) + _MARGIN * unit)
    piece = picture[top:bottom, left:right]
    between = fill(outline, (left, top, right - left, bottom - top))
    tooth = whiteness(piece, between > _SURELY_BETWEEN) * between
    if float(tooth.sum()) < _LEAST_SHARE * float(between.sum()):
        return None
    edge = teeth_edge(tooth, unit)
    if edge is None:
        return None
    roof = np.interp(np.arange(right - left) + left, lips.upper_inner[:, 0], lips.upper_inner[:, 1]) - top
    weights = np.square(tooth).ravel()
    colour = np.average(piece.reshape(-1, CHANNELS), axis=0, weights=weights).astype(np.float32)
    enamel = even_enamel(piece, colour, unit)
    own = _grow(enamel, edge, (roof + _LIP_SHADOW * unit).astype(np.float32), (left, top), unit)
    drawn = draw_upper(lips.middle, unit, np.ones(CHANNELS, np.float32), own.edge_y)
    return _beside(own, drawn, (colour / ENAMEL).astype(np.float32))


def _grow(piece: Layer, edge: Plane, roof: Plane, corner: tuple[int, int], unit: float) -> Teeth:
    """The teeth of a piece of the photo down to their edge, and up under the lip, above `roof`, as gum.

    Args:
        piece: (h, w, 3).
        edge, roof: heights above each column of the piece, (w,).
        corner: where the piece has its top left corner.
        unit: the eye distance.
    """
    height, width = piece.shape[:2]
    above = int(_ABOVE * unit)
    y = np.arange(-above, height, dtype=np.float32)[:, None]
    from_y = np.maximum(y, roof[None])
    from_x = np.broadcast_to(np.arange(width, dtype=np.float32), from_y.shape)
    colours = cv2.remap(piece, from_x, from_y, cv2.INTER_LINEAR).astype(np.float32)
    gum = ramp(_GUM_STARTS, unit, from_y - y)
    colours += gum[..., None] * (_GUM_LIGHT * float(piece.max()) * GUM - colours)

    shown = np.flatnonzero(~np.isnan(edge))
    inwards = np.minimum(np.arange(width) - shown[0], shown[-1] - np.arange(width)).astype(np.float32)
    body = 1.0 - ramp(_EDGE_SOFT, unit, y - np.nan_to_num(edge)[None])
    alpha = body * smooth_step(0.0, _SIDE_SOFT * unit, inwards)
    left, top = corner
    middle_edge = float(edge[shown[len(shown) // 2]])
    return Teeth(np.dstack([colours, alpha]).astype(np.float32), left, top - above, middle_edge + top)


def _beside(own: Teeth, drawn: Teeth, tint: Colour) -> Teeth:
    """The photo's teeth, and where it shows none beside them, drawn ones of its tint, in the shade."""
    left, top = min(own.left, drawn.left), min(own.top, drawn.top)
    right = max(own.left + own.colours.shape[1], drawn.left + drawn.colours.shape[1])
    bottom = max(own.top + own.colours.shape[0], drawn.top + drawn.colours.shape[0])
    both = np.zeros((bottom - top, right - left, CHANNELS_WITH_ALPHA), np.float32)
    for teeth, colour in ((drawn, _SHADE * tint), (own, np.ones(CHANNELS, np.float32))):
        x, y = teeth.left - left, teeth.top - top
        part = both[y : y + teeth.colours.shape[0], x : x + teeth.colours.shape[1]]
        layer_over(part, teeth.colours[..., :3] * colour, teeth.colours[..., 3])
    return Teeth(both, left, top, own.edge_y)
