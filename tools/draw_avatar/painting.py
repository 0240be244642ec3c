"""A supersampled canvas that is painted on with soft, clipped shapes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
import numpy.typing as npt

from tools.draw_avatar.curves import Path

SUPERSAMPLING = 3
"""Painted pixels to a frame pixel."""

Plane = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Fade:
    """A colour that changes evenly from one point to another, through evenly spaced stops."""

    start: tuple[float, float]
    end: tuple[float, float]
    colours: Sequence[str]


@dataclass(frozen=True)
class Glow:
    """A colour that changes from a centre outwards, through evenly spaced stops."""

    centre: tuple[float, float]
    radius: tuple[float, float]
    colours: Sequence[str]


Colour = str | Fade | Glow


class Painting:
    """A rectangle of the frame; all positions and lengths are frame pixels.

    With `transparent`, it starts empty and keeps alpha as a fourth channel, its colours premultiplied.
    """

    def __init__(self, x: float, y: float, width: float, height: float, transparent: bool = False) -> None:
        self.x, self.y = x, y
        shape = (round(height * SUPERSAMPLING), round(width * SUPERSAMPLING))
        self.pixels: Plane = np.zeros((*shape, 4 if transparent else 3), np.float32)

    def crop(self, x: float, y: float, width: float, height: float) -> Self:
        """A copy of a part."""
        part = type(self)(x, y, width, height)
        top, left = round((y - self.y) * SUPERSAMPLING), round((x - self.x) * SUPERSAMPLING)
        part.pixels = self.pixels[top : top + part.pixels.shape[0], left : left + part.pixels.shape[1]].copy()
        return part

    @property
    def density(self) -> int:
        """Painted pixels to a frame pixel."""
        return SUPERSAMPLING

    def grid(self) -> tuple[Plane, Plane]:
        """Where each pixel's middle lies: x (1, columns) and y (rows, 1), in frame pixels."""
        height, width = self.pixels.shape[:2]
        x = self.x + (np.arange(width, dtype=np.float32)[None, :] + 0.5) / SUPERSAMPLING
        y = self.y + (np.arange(height, dtype=np.float32)[:, None] + 0.5) / SUPERSAMPLING
        return x.astype(np.float32), y.astype(np.float32)

    def mask(self, path: Path, blur: float = 0.0) -> Plane:
        """How much of each pixel lies in the outline, 0 to 1, over the whole painting."""
        whole = np.zeros(self.pixels.shape[:2], np.float32)
        rows, columns, part = self._mask(path, blur)
        whole[rows, columns] = part
        return whole

    def paint(
        self, path: Path, colour: Colour, opacity: float = 1.0, blur: float = 0.0, inside: Plane | None = None
    ) -> None:
        """Fill the outline, its edge softened by a Gaussian of `blur`, only where `inside` allows."""
        rows, columns, amount = self._mask(path, blur)
        if inside is not None:
            amount = amount * inside[rows, columns]
        self._lay(rows, columns, (amount * opacity)[..., None], colour)

    def paint_pixels(self, path: Path, pixels: Plane, blur: float = 0.0) -> None:
        """Fill the outline with what `pixels`, as large as the painting, holds there."""
        rows, columns, amount = self._mask(path, blur)
        part = self.pixels[rows, columns]
        part += amount[..., None] * (pixels[rows, columns] - part)

    def paint_all(self, colour: Colour, amount: Plane) -> None:
        """Lay a colour over the whole painting, as much as `amount` says."""
        self._lay(slice(None), slice(None), amount[..., None], colour)

    def _lay(self, rows: slice, columns: slice, amount: Plane, colour: Colour) -> None:
        part = self.pixels[rows, columns]
        if not part.size:
            return
        pigment = self._pigment(colour, rows, columns)
        if part.shape[2] == 4:
            pigment = np.concatenate([pigment, np.ones((*pigment.shape[:-1], 1), np.float32)], axis=-1)
        part += amount * (pigment - part)

    def _pigment(self, colour: Colour, rows: slice, columns: slice) -> Plane:
        if isinstance(colour, str):
            return bgr(colour)
        height, width = self.pixels[rows, columns].shape[:2]
        x = self.x + (np.arange(width, dtype=np.float32) + (columns.start or 0) + 0.5) / SUPERSAMPLING
        y = self.y + (np.arange(height, dtype=np.float32)[:, None] + (rows.start or 0) + 0.5) / SUPERSAMPLING
        if isinstance(colour, Fade):
            dx, dy = colour.end[0] - colour.start[0], colour.end[1] - colour.start[1]
            t = ((x - colour.start[0]) * dx + (y - colour.start[1]) * dy) / (dx * dx + dy * dy)
        else:
            t = np.hypot((x - colour.centre[0]) / colour.radius[0], (y - colour.centre[1]) / colour.radius[1])
        stops = np.linspace(0.0, 1.0, len(colour.colours))
        t = np.clip(t, 0.0, 1.0)
        channels = np.stack([bgr(stop) for stop in colour.colours])
        return np.stack([np.interp(t, stops, channels[:, i]) for i in range(3)], axis=-1).astype(np.float32)

    def _mask(self, path: Path, blur: float) -> tuple[slice, slice, Plane]:
        points = (path - (self.x, self.y)) * SUPERSAMPLING
        margin = 3.0 * blur * SUPERSAMPLING + 2.0
        height, width = self.pixels.shape[:2]
        left, top = np.floor(points.min(axis=0) - margin).astype(int)
        right, bottom = np.ceil(points.max(axis=0) + margin).astype(int)
        # Blurred whole and cropped after, so that what lies outside the painting casts its softness into it.
        canvas = np.zeros((bottom - top, right - left), np.uint8)
        fixed = np.round((points - (left, top)) * 16.0 - 8.0).astype(np.int32)
        cv2.fillPoly(canvas, [fixed], (255,), lineType=cv2.LINE_AA, shift=4)
        soft = _blurred(canvas.astype(np.float32) / 255.0, blur * SUPERSAMPLING)
        rows = slice(min(max(top, 0), height), min(max(bottom, 0), height))
        columns = slice(min(max(left, 0), width), min(max(right, 0), width))
        part = soft[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
        return rows, columns, part


def _blurred(plane: Plane, sigma: float) -> Plane:
    if sigma <= 0.0:
        return plane
    shrink = max(1, int(sigma / 5.0))
    if shrink == 1:
        return cv2.GaussianBlur(plane, (0, 0), sigma).astype(np.float32, copy=False)
    height, width = plane.shape
    small = cv2.resize(plane, (-(-width // shrink), -(-height // shrink)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / shrink)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC).clip(0.0, 1.0).astype(np.float32)


def bgr(colour: str) -> Plane:
    """`#rrggbb` as blue, green, red from 0 to 1."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return np.array([blue, green, red], np.float32) / 255.0
