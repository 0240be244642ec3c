"""Pictures and masks as arrays of numbers, and the few things that all painting is done with."""

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


def shaded(picture: Layer, light: Plane) -> Layer:
    """A picture, (h, w, 3), in `light`, (h, w): where skin shades skin, most is lost of the colours that it has least
    of, so the shade is warm, and grey in a grey picture."""
    mean = picture.mean(axis=2, keepdims=True)
    shade: Layer = picture * light[..., None] ** np.clip(mean / np.maximum(picture, 1e-3), 0.5, 2.0)
    return shade


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
