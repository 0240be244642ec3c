"""A layer of an avatar: the states that it is painted in, and its tiles as one picture."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np

from bithuman.portrait.picture.arrays import CHANNELS_WITH_ALPHA, SUPERSAMPLING, Box, Image, Layer

_LEAST_ALPHA = 1e-4
"""Colours are divided by no less."""

State = tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PaintedLayer:
    """A layer's description for the manifest, and its sheet of tiles."""

    description: dict[str, object]
    sheet: Image


def paint_layer(
    entry: str,
    box: Box,
    axes: Sequence[Sequence[float]],
    paint: Callable[[State], Layer],
    same: Callable[[State], State] = lambda state: state,
) -> PaintedLayer:
    """Paint a tile for each state at the points of the axes.

    Args:
        entry: the name of the sheet's picture.
        box: of the tiles, in working pixels.
        axes: the values that each number of a state takes.
        paint: gives the picture of the box in a state, (h, w, 3 or 4) float from 0 to 1 in working pixels.
        same: the state whose tile a state uses: many look alike.
    """
    numbers: dict[State, int] = {}
    tiles: list[Image] = []
    order = []
    for state in product(*axes):
        drawn = same(state)
        if drawn not in numbers:
            numbers[drawn] = len(tiles)
            tiles.append(to_pixels(paint(drawn)))
        order.append(numbers[drawn])
    small = [side // SUPERSAMPLING for side in box]
    return PaintedLayer(
        {"entry": entry, "box": small, "axes": [list(axis) for axis in axes], "tiles": order}, _sheet(tiles)
    )


def to_pixels(painted: Layer) -> Image:
    """A working picture at the frame's size, (h, w, channels) uint8; colours are averaged by their alpha."""
    height, width = painted.shape[0] // SUPERSAMPLING, painted.shape[1] // SUPERSAMPLING
    if painted.shape[2] == CHANNELS_WITH_ALPHA:
        painted = np.dstack([painted[..., :3] * painted[..., 3:], painted[..., 3]])
    small = cv2.resize(painted, (width, height), interpolation=cv2.INTER_AREA)
    if small.shape[2] == CHANNELS_WITH_ALPHA:
        small = np.dstack([small[..., :3] / np.maximum(small[..., 3:], _LEAST_ALPHA), small[..., 3]])
    return np.round(small.clip(0.0, 1.0) * 255.0).astype(np.uint8)


def _sheet(tiles: Sequence[Image]) -> Image:
    """The tiles in about as many rows as columns, the last row filled up with nothing."""
    columns = int(np.ceil(np.sqrt(len(tiles))))
    blank = [np.zeros_like(tiles[0])] * (-len(tiles) % columns)
    every = [*tiles, *blank]
    return np.vstack([np.hstack(every[i : i + columns]) for i in range(0, len(every), columns)])
