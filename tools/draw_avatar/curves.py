"""Smooth outlines through a few points."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Path = npt.NDArray[np.float64]
"""Points in frame pixels, (n, 2), x first."""

Point = tuple[float, float]


def spline(points: Sequence[Point], closed: bool = False, steps: int = 24) -> Path:
    """A curve through `points`: centripetal Catmull-Rom, which neither loops nor overshoots (Yuksel et al., 2011)."""
    p = np.array(points, float)
    ends = (p[-1:], p[:2]) if closed else (2 * p[:1] - p[1:2], 2 * p[-1:] - p[-2:-1])
    p = np.vstack([ends[0], p, ends[1]])
    t = np.linspace(0.0, 1.0, steps, endpoint=False)[:, None]
    pieces = [_segment(p[i], p[i + 1], p[i + 2], p[i + 3], t) for i in range(len(p) - 3)]
    if not closed:
        pieces.append(p[-2:-1])
    return np.vstack(pieces)


def _segment(a: Path, b: Path, c: Path, d: Path, t: Path) -> Path:
    t0 = 0.0
    t1 = t0 + max(float(np.linalg.norm(b - a)) ** 0.5, 1e-6)
    t2 = t1 + max(float(np.linalg.norm(c - b)) ** 0.5, 1e-6)
    t3 = t2 + max(float(np.linalg.norm(d - c)) ** 0.5, 1e-6)
    s = t1 + t * (t2 - t1)
    ab = (t1 - s) / (t1 - t0) * a + (s - t0) / (t1 - t0) * b
    bc = (t2 - s) / (t2 - t1) * b + (s - t1) / (t2 - t1) * c
    cd = (t3 - s) / (t3 - t2) * c + (s - t2) / (t3 - t2) * d
    abc = (t2 - s) / (t2 - t0) * ab + (s - t0) / (t2 - t0) * bc
    bcd = (t3 - s) / (t3 - t1) * bc + (s - t1) / (t3 - t1) * cd
    result: Path = (t2 - s) / (t2 - t1) * abc + (s - t1) / (t2 - t1) * bcd
    return result


def mirrored(half: Sequence[Point], axis_x: float) -> list[Point]:
    """The points of a right half, top to bottom, and of its mirror image, bottom to top: a closed outline."""
    return [*half, *((2 * axis_x - x, y) for x, y in reversed(half) if x != axis_x)]


def stroke(line: Path, widths: Sequence[float]) -> Path:
    """The outline of a brush drawn along `line`, its width given at evenly spaced places along it."""
    tangent = np.gradient(line, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)
    along = np.linspace(0.0, 1.0, len(line))
    half = np.interp(along, np.linspace(0.0, 1.0, len(widths)), widths)[:, None] / 2
    return np.vstack([line + normal * half, (line - normal * half)[::-1]])


def ellipse(x: float, y: float, rx: float, ry: float, tilt: float = 0.0) -> Path:
    """An ellipse, `tilt` in radians."""
    t = np.linspace(0.0, 2 * np.pi, 96, endpoint=False)
    u, v = rx * np.cos(t), ry * np.sin(t)
    return np.stack([x + u * np.cos(tilt) - v * np.sin(tilt), y + u * np.sin(tilt) + v * np.cos(tilt)], axis=1)
