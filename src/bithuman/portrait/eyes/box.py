"""The part of the picture that eyes and lids change."""

import numpy as np

from bithuman.portrait.face.geometry import Geometry
from bithuman.portrait.picture.arrays import SUPERSAMPLING, Box

# How far the box reaches beyond the openings of the eyes, in eye distances.
_ASIDE, _ABOVE, _BELOW = 0.14, 0.16, 0.14


def eyes_box(face: Geometry) -> Box:
    """The part that lids and gaze change, in working pixels that make whole frame pixels."""
    edges = np.vstack([eye.outline for eye in face.eyes])
    low = edges.min(axis=0) - np.array([_ASIDE, _ABOVE]) * face.eye_distance
    high = edges.max(axis=0) + np.array([_ASIDE, _BELOW]) * face.eye_distance
    x, y = (int(side) // SUPERSAMPLING * SUPERSAMPLING for side in low)
    width, height = (int(side) // SUPERSAMPLING * SUPERSAMPLING for side in high - low)
    return x, y, width, height
