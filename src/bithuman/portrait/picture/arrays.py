"""The kinds of arrays, and the size of a working pixel."""

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
"""(h, w, 3), BGR."""
Points = npt.NDArray[np.float64]
"""(n, 2) or (n, 3): x, y, and z towards the viewer negative, in pixels."""
Plane = npt.NDArray[np.float32]
"""(h, w), one number a pixel."""
Layer = npt.NDArray[np.float32]
"""(h, w, 3), BGR, or (h, w, 4), BGR and straight alpha; float32 from 0 to 1."""
Colour = npt.NDArray[np.float32]
"""(3,), BGR; float32 from 0 to 1."""
Box = tuple[int, int, int, int]
"""x, y, width, height in working pixels."""

CHANNELS = 3
CHANNELS_WITH_ALPHA = 4

SUPERSAMPLING = 2
"""Working pixels to a frame pixel, along each side: everything is drawn at this resolution."""

TINY = 1e-6
"""Keeps a divisor from zero."""
DARKEST = 1e-3
"""The least light that others are divided by."""
