"""Masks, soft steps and spots, and layers that lie over others."""

from typing import NamedTuple, TypeVar

import cv2
import numpy as np

from bithuman.portrait.picture.arrays import DARKEST, TINY, Box, Layer, Plane, Points

_SUBPIXEL_BITS = 8
_LEAST_LOST, _MOST_LOST = 0.5, 2.0
"""How strongly shade takes a channel, as powers of the shade: most where the channel is weak."""

Span = tuple[float, float]
"""Where something begins to fade, and where it ends."""
Numbers = TypeVar("Numbers", Plane, Points)


def fill(outline: Points, box: Box, soft_px: float = 0.0) -> Plane:
    """How much of each pixel of `box` lies within a closed outline, 0 to 1."""
    x, y, width, height = box
    mask = np.zeros((height, width), np.uint8)
    points = np.round((outline - (x, y)) * 2**_SUBPIXEL_BITS).astype(np.int32)
    cv2.fillPoly(mask, [points], 255, cv2.LINE_AA, shift=_SUBPIXEL_BITS)
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


def ramp(span: Span, unit: float, value: Plane) -> Plane:
    """0 up to the start of a span, 1 from its end on, and smoothly between. The span is in units of `unit` pixels."""
    return smooth_step(span[0] * unit, span[1] * unit, value)


def ease(share: float) -> float:
    """0 up to 0, 1 from 1 on, and smoothly between: `smooth_step` of one number."""
    t = min(max(share, 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


def bump(value: Numbers, wide: float | Numbers, middle: float = 0.0) -> Numbers:
    """A bell: 1 at `middle`, and 1/e at a distance of `wide`."""
    bell: Numbers = np.exp(-np.square((value - middle) / wide))
    return bell


class Spot(NamedTuple):
    """A spot of light on a surface: where its middle is, and how far from there it falls to 1/e."""

    across: float
    down: float
    wide: float
    tall: float

    def at(self, across: Numbers, down: Numbers) -> Numbers:
        """How bright it is at points of the surface, 0 to 1."""
        aside, off = (across - self.across) / self.wide, (down - self.down) / self.tall
        lit: Numbers = np.exp(-np.square(aside) - np.square(off))
        return lit


def shaded(picture: Layer, light: Plane) -> Layer:
    """A picture, (h, w, 3), in `light`, (h, w): where skin shades skin, most is lost of the colours that it has least
    of, so the shade is warm, and grey in a grey picture."""
    mean = picture.mean(axis=2, keepdims=True)
    power = np.clip(mean / np.maximum(picture, DARKEST), _LEAST_LOST, _MOST_LOST)
    shade: Layer = picture * light[..., None] ** power
    return shade


def layer_over(layer: Layer, colours: Layer, alpha: Plane) -> None:
    """Lay colours, (h, w, 3), over a layer of straight alpha, (h, w, 4) (Porter and Duff, 1984: over)."""
    kept = layer[..., 3] * (1.0 - alpha)
    total = alpha + kept
    mixed = colours * alpha[..., None] + layer[..., :3] * kept[..., None]
    layer[..., :3] = mixed / np.maximum(total, TINY)[..., None]
    layer[..., 3] = total
