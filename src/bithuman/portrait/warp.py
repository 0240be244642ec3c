"""Bend a picture so that given points come to lie on others, and all between follows smoothly."""

import cv2
import numpy as np
import numpy.typing as npt

from bithuman.portrait.landmarks import Points

Plane = npt.NDArray[np.float32]
Layer = npt.NDArray[np.float32]
"""(h, w, 3), BGR, or (h, w, 4), BGR and straight alpha; float32 from 0 to 1."""
Colour = npt.NDArray[np.float32]
"""(3,), BGR; float32 from 0 to 1."""
Box = tuple[int, int, int, int]
"""x, y, width, height in working pixels."""

_STEP_PX = 6
"""The bend is computed at every sixth pixel; it is far smoother than that."""


def bend(targets: Points, sources: Points, box: Box) -> Layer:
    """How far from each pixel of `box` its picture is to be fetched, (height, width, 2), x first.

    A thin-plate spline through the points (Bookstein, "Principal warps", 1989): at a target it leads exactly to its
    source. Both are (n, 2).
    """
    x, y, width, height = box
    scale = float(max(width, height))
    at = (targets - (x, y)) / scale
    count = len(at)
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = _kernel(at, at) + 1e-9 * np.eye(count)
    system[:count, count] = system[count, :count] = 1.0
    system[:count, count + 1 :] = at
    system[count + 1 :, :count] = at.T
    wanted = np.zeros((count + 3, 2))
    wanted[:count] = sources - targets
    weights = np.linalg.solve(system, wanted)

    columns, rows = -(-width // _STEP_PX) + 1, -(-height // _STEP_PX) + 1
    across, down = np.meshgrid(np.arange(columns) * _STEP_PX, np.arange(rows) * _STEP_PX)
    nodes = np.stack([across.ravel(), down.ravel()], axis=1) / scale
    moved = _kernel(nodes, at) @ weights[:count] + weights[count] + nodes @ weights[count + 1 :]
    coarse = moved.reshape(rows, columns, 2).astype(np.float32)
    fine_x, fine_y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return cv2.remap(coarse, fine_x / _STEP_PX, fine_y / _STEP_PX, cv2.INTER_LINEAR).astype(np.float32, copy=False)


def fetch(picture: Layer, moved: Layer, box: Box) -> Layer:
    """The piece of a float picture in `box`, each pixel fetched from where it came."""
    x, y, width, height = box
    across, down = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    got = cv2.remap(
        picture, across + x + moved[..., 0], down + y + moved[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return got.astype(np.float32, copy=False)


def fill(outline: Points, box: Box, soft_px: float = 0.0) -> Plane:
    """How much of each pixel of `box` lies within a closed outline, 0 to 1."""
    x, y, width, height = box
    mask = np.zeros((height, width), np.uint8)
    points = np.round((outline - (x, y)) * 256.0).astype(np.int32)
    cv2.fillPoly(mask, [points], 255, cv2.LINE_AA, shift=8)
    plane = mask.astype(np.float32) / 255.0
    return blur(plane, soft_px) if soft_px else plane


def blur(plane: Layer, sigma: float) -> Layer:
    """Blurred by a Gaussian of `sigma` pixels."""
    return cv2.GaussianBlur(plane, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE).astype(np.float32, copy=False)


def smooth_step(low: float, high: float, value: Plane) -> Plane:
    """0 up to `low`, 1 from `high` on, and smoothly between."""
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    eased: Plane = (t * t * (3.0 - 2.0 * t)).astype(np.float32)
    return eased


def layer_over(layer: Layer, colours: Layer, alpha: Plane) -> None:
    """Lay colours, (h, w, 3), over a layer of straight alpha, (h, w, 4) (Porter and Duff, 1984: over)."""
    kept = layer[..., 3] * (1.0 - alpha)
    total = alpha + kept
    layer[..., :3] = (colours * alpha[..., None] + layer[..., :3] * kept[..., None]) / np.maximum(total, 1e-6)[
        ..., None
    ]
    layer[..., 3] = total


def curve(points: Points, count: int = 61) -> Points:
    """A smooth open line through points that go from left to right, (count, 2): cubic Hermite, slopes by finite
    differences along the chord."""
    chord = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1) + 1e-6)])
    slope = np.gradient(points, chord, axis=0)
    at = np.linspace(0.0, chord[-1], count)
    i = np.clip(np.searchsorted(chord, at, side="right") - 1, 0, len(points) - 2)
    length = (chord[i + 1] - chord[i])[:, None]
    t = (at - chord[i])[:, None] / length
    line: Points = (
        (2 * t**3 - 3 * t**2 + 1) * points[i]
        + (t**3 - 2 * t**2 + t) * length * slope[i]
        + (3 * t**2 - 2 * t**3) * points[i + 1]
        + (t**3 - t**2) * length * slope[i + 1]
    )
    return line


def _kernel(a: Points, b: Points) -> Points:
    squared = np.square(a[:, None] - b[None]).sum(axis=2)
    kernel: Points = squared * np.log(squared + 1e-12)
    return kernel
