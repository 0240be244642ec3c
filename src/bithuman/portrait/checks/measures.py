"""Measures for the checks: light, areas of a face, and edges."""

import cv2
import numpy as np
import numpy.typing as npt

from bithuman.portrait.picture.arrays import Image, Plane, Points

CLIPPED = 250
"""From this light on, of 255, a pixel counts as white."""
_STRONGEST_EDGES_PERCENTILE = 95
_LEAST_SPREAD = 1.0
"""Of light from 0 to 255: the least that contrasts are compared with."""

Mask = npt.NDArray[np.bool_]


def light_of(photo: Image) -> Plane:
    """How light each pixel is, (h, w) from 0 to 255."""
    return cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY).astype(np.float32)


def rescaled_light(photo: Image, scale: float) -> Image:
    """How light each pixel of the photo is at `scale` of its size, (h, w) uint8."""
    how = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
    small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=how)
    return cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)


def area_around(points: Points, light: Plane | Image) -> Mask:
    """The pixels of a picture within the convex hull of points."""
    area = np.zeros(light.shape, np.uint8)
    cv2.fillConvexPoly(area, cv2.convexHull(points[:, :2].astype(np.float32)).astype(np.int32), 1)
    return area > 0


def spread_of(light: Plane | Image, where: Mask) -> float:
    """The standard deviation of an area's light."""
    return max(float(light[where].std()), _LEAST_SPREAD)


def sharpness_of(light: Image, where: Mask) -> float:
    """The strongest edges of an area, in spreads of its light."""
    edges = np.abs(cv2.Laplacian(light, cv2.CV_32F))[where]
    return float(np.percentile(edges, _STRONGEST_EDGES_PERCENTILE) / spread_of(light, where))
