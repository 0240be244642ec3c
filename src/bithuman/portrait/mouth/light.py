"""The light of a photo, as the skin around the mouth shows it."""

import numpy as np

from bithuman.portrait.face.geometry import Geometry
from bithuman.portrait.picture.arrays import CHANNELS, DARKEST, Colour, Layer

# The skin that is looked at, from the middle of the mouth, in eye distances.
_UP, _DOWN, _ASIDE = 1.0, 0.5, 0.7

_BRIGHT_PERCENTILE = 90
_WHITER = 1.15
"""How much brighter white is than bright skin."""
_LEAST_WHITE = 0.35
_GREY_SHARE, _TINT_SHARE = 0.78, 0.22
"""How much of white's colour is grey, and how much the skin's."""
_VIVID_SKIN = 0.2
"""How far the channels of skin differ in a photo in full colour, against their mean."""


def white_light(picture: Layer, face: Geometry) -> Colour:
    """About the colour of white in the mouth, (3,), from the bright skin around: mostly its brightness, a little of its
    tint, for warm light makes skin and teeth warmer."""
    skin = np.percentile(_skin(picture, face), _BRIGHT_PERCENTILE, axis=0)
    bright = np.clip(_WHITER * skin.mean(), _LEAST_WHITE, 1.0)
    mean = max(float(skin.mean()), DARKEST)
    white: Colour = (bright * (_GREY_SHARE + _TINT_SHARE * skin / mean)).astype(np.float32)
    return white


def vividness(picture: Layer, face: Geometry) -> float:
    """How vivid the photo's colours are, by the skin: 0 in black and white, 1 in most photos."""
    skin = _skin(picture, face).mean(axis=0)
    return float(np.clip(np.ptp(skin) / (_VIVID_SKIN * max(float(skin.mean()), DARKEST)), 0.0, 1.0))


def _skin(picture: Layer, face: Geometry) -> Layer:
    """The pixels of the lower half of the face, (n, 3)."""
    (x, y), unit = face.rest.middle, face.eye_distance
    down = slice(max(int(y - _UP * unit), 0), int(y + _DOWN * unit))
    across = slice(max(int(x - _ASIDE * unit), 0), int(x + _ASIDE * unit))
    return picture[down, across].reshape(-1, CHANNELS)
