"""Bend a picture so that given points come to lie on others, and all between follows smoothly."""

import cv2
import numpy as np

from bithuman.portrait.picture.arrays import Box, Layer, Points
from bithuman.portrait.picture.boxes import grid

_STEP_PX = 6
"""The bend is computed at every sixth pixel; it is far smoother than that."""
_RIDGE = 1e-9
"""Keeps the system solvable where two points coincide."""
_LEAST_SQUARE = 1e-12
"""Keeps the logarithm of a distance of zero finite."""
_AFFINE = 3
"""Unknowns of the plane that a spline is bent from: a constant, and a slope along x and y."""


def bend(targets: Points, sources: Points, box: Box) -> Layer:
    """How far from each pixel of `box` its picture is to be fetched, (height, width, 2), x first.

    A thin-plate spline through the points (Bookstein, "Principal warps", 1989): at a target it leads exactly to its
    source. Both are (n, 2).
    """
    x, y, width, height = box
    scale = float(max(width, height))
    at = (targets - (x, y)) / scale
    count = len(at)
    system = np.zeros((count + _AFFINE, count + _AFFINE))
    system[:count, :count] = _kernel(at, at) + _RIDGE * np.eye(count)
    system[:count, count] = system[count, :count] = 1.0
    system[:count, count + 1 :] = at
    system[count + 1 :, :count] = at.T
    wanted = np.zeros((count + _AFFINE, 2))
    wanted[:count] = sources - targets
    weights = np.linalg.solve(system, wanted)

    columns, rows = -(-width // _STEP_PX) + 1, -(-height // _STEP_PX) + 1
    across, down = np.meshgrid(np.arange(columns) * _STEP_PX, np.arange(rows) * _STEP_PX)
    nodes = np.stack([across.ravel(), down.ravel()], axis=1) / scale
    moved = _kernel(nodes, at) @ weights[:count] + weights[count] + nodes @ weights[count + 1 :]
    coarse = moved.reshape(rows, columns, 2).astype(np.float32)
    fine_x, fine_y = grid(width, height)
    return cv2.remap(coarse, fine_x / _STEP_PX, fine_y / _STEP_PX, cv2.INTER_LINEAR).astype(np.float32, copy=False)


def fetch(picture: Layer, moved: Layer, box: Box) -> Layer:
    """The piece of a float picture in `box`, each pixel fetched from where it came."""
    x, y, width, height = box
    across, down = grid(width, height)
    got = cv2.remap(
        picture, across + x + moved[..., 0], down + y + moved[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return got.astype(np.float32, copy=False)


def _kernel(a: Points, b: Points) -> Points:
    squared = np.square(a[:, None] - b[None]).sum(axis=2)
    kernel: Points = squared * np.log(squared + _LEAST_SQUARE)
    return kernel
