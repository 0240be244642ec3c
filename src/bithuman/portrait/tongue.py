"""A tongue: low in an open mouth, or with its tip at the upper teeth."""

import numpy as np

from bithuman.portrait.planes import Colour, Layer, Plane, smooth_step

_FLESH = np.array([0.42, 0.40, 0.76], np.float32)


def paint_tongue(
    x: Plane, y: Plane, low_y: float, tip_y: float, unit: float, light: Colour, raised: float
) -> tuple[Layer, Plane]:
    """The tongue's colours, (h, w, 3), and how much of each pixel it fills.

    Args:
        x, y: places of the pixels, from the middle of the mouth across, and down the picture.
        low_y, tip_y: the height of its middle when it lies low, and when its tip is at the teeth.
        unit: the distance between the eyes, in pixels.
        light: the colour of white in this light.
        raised: 0 to 1, from the one to the other; nearer the lips, it is lighter.
    """
    across = x / (unit * (0.30 - 0.06 * raised))
    top = low_y + (min(tip_y, low_y) - low_y) * raised
    surface = top + unit * (0.05 + 0.03 * raised) * np.square(across)
    fills: Plane = smooth_step(-0.012 * unit, 0.012 * unit, y - surface)
    fills = fills * (1.0 - smooth_step(0.85, 1.1, np.abs(across)))

    depth = np.clip((y - surface) / (0.16 * unit), 0.0, 1.0)
    shade = 0.46 + 0.36 * raised + 0.34 * np.exp(-np.square((depth - 0.45) / 0.35))
    furrow = 0.16 * (1.0 - 0.5 * raised) * np.exp(-np.square(across / 0.10))
    wet = (0.16 + 0.10 * raised) * np.exp(-np.square((across - 0.22) / 0.20) - np.square((depth - 0.35) / 0.16))
    colours = light * (_FLESH * (shade * (1.0 - furrow))[..., None] + wet[..., None])
    return colours.astype(np.float32), fills
