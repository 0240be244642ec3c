"""The teeth that a smiling photo shows, to be shown again when the mouth speaks."""

import cv2
import numpy as np
import numpy.typing as npt

from bithuman.portrait.landmarks import Points
from bithuman.portrait.lips import Lips
from bithuman.portrait.planes import Colour, Layer, Plane, blur, curve, fill, layer_over, smooth_step
from bithuman.portrait.teeth import ENAMEL, GUM, Teeth, draw_upper

_LEAST_GAP = 0.09
"""Between the lips, in units of the distance between the eyes: less shows too little of the teeth."""
_LEAST_SHARE = 0.35
"""Of what lies between the lips that must be teeth."""
_SHADE = 0.82
"""How bright the drawn teeth in the corners of the mouth are against the photo's."""
_CONTRAST = 0.8
"""By how much the lines between the teeth are made stronger, which a bright smile has lost."""
_LIGHT = np.array([0.114, 0.587, 0.299], np.float32)


def take_teeth(picture: Layer, lips: Lips, unit: float) -> Teeth | None:
    """The upper teeth that the photo shows between its lips, with drawn ones beside them in the same colour; or None
    where it shows too little of them."""
    if lips.gap < _LEAST_GAP * unit:
        return None
    outline = np.vstack([curve(lips.upper_inner), curve(lips.lower_inner)[::-1]])
    left, top = (int(side) for side in outline.min(axis=0) - 0.06 * unit)
    right, bottom = (int(side) for side in outline.max(axis=0) + 0.06 * unit)
    piece = picture[top:bottom, left:right]
    between = fill(outline, (left, top, right - left, bottom - top))
    tooth = _whiteness(piece, between > 0.9) * between
    if float(tooth.sum()) < _LEAST_SHARE * float(between.sum()):
        return None
    edge = _edge(tooth, unit)
    if edge is None:
        return None
    roof = np.interp(np.arange(right - left) + left, lips.upper_inner[:, 0], lips.upper_inner[:, 1]) - top
    colour = np.average(piece.reshape(-1, 3), axis=0, weights=np.square(tooth).ravel()).astype(np.float32)
    own = _grow(_enamel(piece, colour, unit), edge, roof + 0.022 * unit, left, top, unit)
    return _beside(
        own, draw_upper(lips.middle, unit, np.ones(3, np.float32), own.edge_y), (colour / ENAMEL).astype(np.float32)
    )


def _whiteness(piece: Layer, inside: npt.NDArray[np.bool_]) -> Plane:
    """How surely each pixel is enamel: nearly as bright as the brightest between the lips, and hardly coloured."""
    light = piece @ _LIGHT
    white = float(np.percentile(light[inside], 85)) if inside.any() else 1.0
    grey = piece.min(axis=2) / np.maximum(piece.max(axis=2), 1e-3)
    sure: Plane = smooth_step(0.48 * white, 0.70 * white, light) * smooth_step(0.60, 0.72, grey)
    return sure if white > 0.3 else np.zeros_like(sure)


def _edge(tooth: Plane, unit: float) -> Plane | None:
    """The height of the teeth's lower edge above each column: where they end, but never far from the arch that most of
    them lie on. NaN beside the teeth; None where there are too few to know."""
    solid = tooth > 0.5
    places = np.arange(tooth.shape[1], dtype=np.float64)
    columns = np.flatnonzero(solid.sum(axis=0) > 0.03 * unit)
    if len(columns) < 0.25 * unit:
        return None
    ends = (len(tooth) - 1 - np.argmax(solid[::-1], axis=0)).astype(np.float64)
    arch = np.polyval(_parabola(places[columns], ends[columns]), places)
    columns = columns[np.abs(ends - arch)[columns] < 0.04 * unit]
    if len(columns) < 0.25 * unit:
        return None
    own = np.interp(places, columns, ends[columns])
    bounded = np.clip(own, arch - 0.030 * unit, arch + 0.006 * unit).astype(np.float32)
    line: Plane = blur(bounded[None], 0.006 * unit)[0]
    line[: columns[0]] = line[columns[-1] + 1 :] = np.nan
    return line


def _parabola(columns: Points, ends: Points) -> Points:
    """The one that most of the points lie on: those far from it are left out, and again."""
    kept = np.ones(len(columns), bool)
    for _ in range(4):
        parabola = np.polyfit(columns[kept], ends[kept], 2)
        away = np.abs(ends - np.polyval(parabola, columns))
        kept = away <= max(2.0 * float(np.median(away[kept])), 1.0)
    found: Points = parabola
    return found


def _enamel(piece: Layer, colour: Colour, unit: float) -> Layer:
    """The piece as if it were all enamel: in shades of the teeth's mean colour, as lips and gums shine red between
    them, and with the lines between the teeth stronger."""
    light = piece @ _LIGHT
    light += np.clip(_CONTRAST * (light - blur(light, 0.025 * unit)), -0.15, 0.03)
    return piece + 0.85 * (light[..., None] * (colour / float(colour @ _LIGHT)) - piece)


def _grow(piece: Layer, edge: Plane, roof: Points, left: int, top: int, unit: float) -> Teeth:
    """The teeth of a piece of the photo down to their edge, and up under the lip, above `roof`, as gum."""
    height, width = piece.shape[:2]
    above = int(0.12 * unit)
    y = np.arange(-above, height, dtype=np.float32)[:, None]
    from_y = np.maximum(y, roof[None].astype(np.float32))
    from_x = np.broadcast_to(np.arange(width, dtype=np.float32), from_y.shape)
    colours = cv2.remap(piece, from_x, from_y, cv2.INTER_LINEAR).astype(np.float32)
    gum = smooth_step(0.03 * unit, 0.06 * unit, from_y - y)
    colours += gum[..., None] * (0.8 * float(piece.max()) * GUM - colours)

    shown = np.flatnonzero(~np.isnan(edge))
    inwards = np.minimum(np.arange(width) - shown[0], shown[-1] - np.arange(width)).astype(np.float32)
    body = 1.0 - smooth_step(-0.018 * unit, 0.006 * unit, y - np.nan_to_num(edge)[None])
    alpha = body * smooth_step(0.0, 0.04 * unit, inwards)
    return Teeth(
        np.dstack([colours, alpha]).astype(np.float32), left, top - above, float(edge[shown[len(shown) // 2]]) + top
    )


def _beside(own: Teeth, drawn: Teeth, tint: Layer) -> Teeth:
    """The photo's teeth, and where it shows none beside them, drawn ones of its tint, in the shade."""
    left, top = min(own.left, drawn.left), min(own.top, drawn.top)
    right = max(own.left + own.colours.shape[1], drawn.left + drawn.colours.shape[1])
    bottom = max(own.top + own.colours.shape[0], drawn.top + drawn.colours.shape[0])
    both = np.zeros((bottom - top, right - left, 4), np.float32)
    for teeth, colour in ((drawn, _SHADE * tint), (own, np.ones(3, np.float32))):
        x, y = teeth.left - left, teeth.top - top
        part = both[y : y + teeth.colours.shape[0], x : x + teeth.colours.shape[1]]
        layer_over(part, teeth.colours[..., :3] * colour, teeth.colours[..., 3])
    return Teeth(both, left, top, own.edge_y)
