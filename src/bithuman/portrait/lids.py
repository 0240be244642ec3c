"""Lids that close over open eyes, in the person's own colours.

A photo of open eyes shows little of the lids, and what it shows cannot be stretched over an eye without smearing lashes.
So the lid is painted: the colours of the skin just above and below, the light on a ball, the grain of the cheek.
"""

import numpy as np
import numpy.typing as npt

from bithuman.portrait.eyes import Eye
from bithuman.portrait.inner_mouth import Colours
from bithuman.portrait.warp import Box, Plane, blur, smooth_step

Layer = npt.NDArray[np.float32]
"""(h, w, 4) float32, BGR and straight alpha from 0 to 1."""


def paint_lids(picture: Colours, eyes: tuple[Eye, Eye], unit: float, box: Box, closed: float) -> Layer:
    """What covers both eyes in `box` when the lids are `closed`, 0 to 1; nothing at 0."""
    layer = np.zeros((box[3], box[2], 4), np.float32)
    if closed > 0.0:
        for eye in eyes:
            _paint_lid(layer, picture, eye, unit, box, closed)
    return layer


def _paint_lid(layer: Layer, picture: Colours, eye: Eye, unit: float, box: Box, closed: float) -> None:
    left, top, width, height = box
    columns = np.arange(width, dtype=np.float32) + left
    y = np.arange(height, dtype=np.float32)[:, None] + top
    over, under = eye.edges(columns)
    edge = over + closed * (under - 0.004 * unit - over)
    place = (columns - eye.upper[0, 0]) / eye.width  # 0..1 along the eye
    ends = smooth_step(-0.03, 0.05, place) * smooth_step(-0.03, 0.05, 1.0 - place)

    above, below = _skin(picture, eye, columns, over - 0.045 * unit, unit), _skin(
        picture, eye, columns, under + 0.055 * unit, unit
    )
    roof = over - 0.030 * unit
    depth = np.clip((y - roof) / np.maximum(edge - roof, 1.0), 0.0, 1.0)
    skin = above + (0.55 * depth)[..., None] * (below - above)
    ball = 1.0 + 0.05 * np.sin(np.pi * np.clip(depth, 0.0, 1.0)) * np.sin(np.pi * np.clip(place, 0.0, 1.0))
    ball = ball - 0.08 * smooth_step(0.75, 1.0, depth) - 0.05 * (1.0 - smooth_step(0.1, 0.3, depth)) * closed
    skin = skin * ball[..., None] + _grain(picture, box, unit)

    lid = smooth_step(0.0, 0.022 * unit, y - roof) * (1.0 - smooth_step(-0.003 * unit, 0.005 * unit, y - edge))
    layer_over(layer, skin, lid * ends * smooth_step(0.0, 0.10, np.full(1, closed, np.float32)))
    _paint_lashes(layer, picture, eye, unit, box, edge, ends, closed)


def _paint_lashes(
    layer: Layer, picture: Colours, eye: Eye, unit: float, box: Box, edge: Plane, ends: Plane, closed: float
) -> None:
    """The dark line along the lid's edge, thicker outwards, and the lashes that hang from it once it is low."""
    left, top, width, height = box
    columns = np.arange(width, dtype=np.float32) + left
    y = np.arange(height, dtype=np.float32)[:, None] + top
    x, along = int(eye.upper[0, 0]), int(eye.width)
    lash_row = np.stack([picture[int(py), int(px)] for px, py in eye.upper[6:-6]])
    dark = lash_row[lash_row.mean(axis=1).argsort()[: max(len(lash_row) // 4, 1)]].mean(axis=0) * 0.8
    del x, along
    line = np.exp(-np.square((y - edge) / (0.0075 * unit)))
    fringe = smooth_step(0.0, 0.006 * unit, y - edge) * (1.0 - smooth_step(0.006 * unit, 0.034 * unit, y - edge))
    hairs = 0.5 + 0.5 * np.cos(columns / unit * 2.0 * np.pi / 0.022 + 1.7 * np.sin(columns / unit * 31.0))
    alpha = 0.85 * line + 0.42 * smooth_step(0.5, 1.0, np.full(1, closed, np.float32)) * fringe * (0.45 + 0.55 * hairs)
    layer_over(layer, np.broadcast_to(dark, (height, width, 3)).astype(np.float32), np.clip(alpha, 0.0, 1.0) * ends)


def layer_over(layer: Layer, colours: Colours, alpha: Plane) -> None:
    """Lay colours over a layer of straight alpha (Porter and Duff, 1984: over)."""
    kept = layer[..., 3] * (1.0 - alpha)
    total = alpha + kept
    mixed = colours * alpha[..., None] + layer[..., :3] * kept[..., None]
    layer[..., :3] = mixed / np.maximum(total, 1e-6)[..., None]
    layer[..., 3] = total


def _skin(picture: Colours, eye: Eye, columns: Plane, heights: Plane, unit: float) -> Colours:
    """The colours of the skin along a line, (1, width, 3), without its details."""
    inside = np.clip(columns, eye.upper[0, 0], eye.upper[-1, 0]).astype(int)
    rows = np.clip(heights, 0, picture.shape[0] - 1).astype(int)
    band = np.mean([picture[np.clip(rows + step, 0, len(picture) - 1), inside] for step in range(-2, 3)], axis=0)
    return blur(band[None].astype(np.float32), 0.07 * unit)


def _grain(picture: Colours, box: Box, unit: float) -> Colours:
    """The fine structure of the cheek's skin, as much as lies in `box`."""
    x, y, width, height = box
    start = min(y + int(0.33 * unit), picture.shape[0] - height)
    cheek = picture[start : start + height, x : x + width]
    fine = np.clip(cheek - blur(cheek, 0.02 * unit), -0.03, 0.03)
    return fine.astype(np.float32)
