"""Which pixels between the lips are teeth, and their colour made even."""

import numpy as np
import numpy.typing as npt

from bithuman.portrait.picture.arrays import DARKEST, Colour, Layer, Plane
from bithuman.portrait.picture.paint import blur, smooth_step

_LIGHT = np.array([0.114, 0.587, 0.299], np.float32)
"""How much blue, green and red add to lightness (ITU-R BT.601)."""
_WHITE_PERCENTILE = 85
_LEAST_WHITE = 0.3
"""Where the brightest between the lips is darker than this, nothing is known to be a tooth."""
_BRIGHT = (0.48, 0.70)
"""In shares of the brightest between the lips: from the first on it may be enamel, from the second on it is."""
_GREY = (0.60, 0.72)
"""In the same way, the least channel in shares of the greatest."""
_LINE_SIZE = 0.025
"""In eye distances: lines between teeth are narrower."""
_CONTRAST, _MOST_DARKER, _MOST_BRIGHTER = 0.8, 0.15, 0.03
"""By how much the lines between the teeth are made stronger, which a bright smile has lost."""
_EVENED = 0.85


def whiteness(piece: Layer, inside: npt.NDArray[np.bool_]) -> Plane:
    """How surely each pixel is enamel: nearly as bright as the brightest between the lips, and hardly coloured."""
    light = piece @ _LIGHT
    white = float(np.percentile(light[inside], _WHITE_PERCENTILE)) if inside.any() else 1.0
    grey = piece.min(axis=2) / np.maximum(piece.max(axis=2), DARKEST)
    sure: Plane = smooth_step(_BRIGHT[0] * white, _BRIGHT[1] * white, light) * smooth_step(*_GREY, grey)
    return sure if white > _LEAST_WHITE else np.zeros_like(sure)


def even_enamel(piece: Layer, colour: Colour, unit: float) -> Layer:
    """The piece as if it were all enamel: in shades of the teeth's mean colour, as lips and gums shine red between
    them, and with the lines between the teeth stronger. `unit` is the eye distance."""
    light = piece @ _LIGHT
    light += np.clip(_CONTRAST * (light - blur(light, _LINE_SIZE * unit)), -_MOST_DARKER, _MOST_BRIGHTER)
    return piece + _EVENED * (light[..., None] * (colour / float(colour @ _LIGHT)) - piece)
