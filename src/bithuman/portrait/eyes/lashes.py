"""The lashes of a closing lid."""

from typing import NamedTuple

import numpy as np

from bithuman.portrait.face.eyes import Eye
from bithuman.portrait.picture.arrays import Colour, Layer, Plane
from bithuman.portrait.picture.paint import bump, ease, layer_over, smooth_step

# In eye distances; the second number is added outwards.
_LINE_TALL, _LINE_TALLER = 0.007, 0.005
_LASH_LONG, _LASH_LONGER = 0.016, 0.020
_ROOT_SOFT = 0.006

# Single hairs: waves along the lid, in radians to an eye distance, and how much the slow one bends the fast one.
_HAIR_WAVES, _BENT_WAVES, _BENT_BY = 130.0, 37.0, 2.5

# How much they cover.
_LINE_COVERS = 0.75
_HANGING_COVERS = 0.55
_INNER_COVERS, _OUTER_COVERS_MORE = 0.55, 0.45
_CORNER_FADE = 0.06
"""In shares of the eye's width."""
_HANG_FROM, _HANG_OVER = 0.4, 0.6
"""Where on a lid's way its lashes begin to hang, and how much later all do."""

# Their colour.
_ENDS_SKIPPED = 6
"""Points at either end of the upper lid's edge, where there are no lashes."""
_DARKEST_PART = 4
"""The darkest quarter of the pixels is lashes."""
_DARKER = 0.85


class LidEdge(NamedTuple):
    """Where pixels lie at the edge of a lid."""

    x: Plane
    """Of each column."""
    below: Plane
    """How far below the edge each pixel is."""
    place: Plane
    """Of each column between the corners of the eye, 0 to 1 from left to right."""
    outwards: Plane
    """The same from the inner corner to the outer one."""


def paint_lashes(layer: Layer, colour: Colour, at: LidEdge, unit: float, closed: float, appeared: float) -> None:
    """Paint the dark line along a lid's edge, thicker outwards, and the lashes that hang from it once it is low.

    Args:
        layer: (h, w, 4), changed in place.
        colour: of the lashes.
        at: where its pixels lie.
        unit: the eye distance.
        closed: how far the lid has come, 0 to 1.
        appeared: how much of the lid is seen, 0 to 1.
    """
    line = bump(at.below, (_LINE_TALL + _LINE_TALLER * at.outwards) * unit)
    long = (_LASH_LONG + _LASH_LONGER * at.outwards) * unit
    fringe = smooth_step(0.0, _ROOT_SOFT * unit, at.below) * np.clip(1.0 - at.below / long, 0.0, 1.0)
    hairs = 0.5 + 0.5 * np.cos(at.x / unit * _HAIR_WAVES + _BENT_BY * np.sin(at.x / unit * _BENT_WAVES))
    hanging = _HANGING_COVERS * ease((closed - _HANG_FROM) / _HANG_OVER) * fringe * hairs
    ends = smooth_step(0.0, _CORNER_FADE, at.place) * smooth_step(0.0, _CORNER_FADE, 1.0 - at.place)
    ends = ends * (_INNER_COVERS + _OUTER_COVERS_MORE * at.outwards)
    alpha = np.clip(_LINE_COVERS * line + hanging, 0.0, 1.0) * ends * appeared
    layer_over(layer, np.broadcast_to(colour, layer[..., :3].shape), alpha.astype(np.float32))


def lash_colour(picture: Layer, eye: Eye) -> Colour:
    """The colour of the darkest quarter of the upper lid's edge, (3,)."""
    edge = np.stack([picture[int(y), int(x)] for x, y in eye.upper[_ENDS_SKIPPED:-_ENDS_SKIPPED]])
    dark: Colour = edge[edge.mean(axis=1).argsort()[: len(edge) // _DARKEST_PART]].mean(axis=0)
    return dark * np.float32(_DARKER)
