"""The six motion maps of an avatar, in one picture."""

import cv2
import numpy as np

from bithuman.portrait.face.geometry import Geometry
from bithuman.portrait.motion.features import brow_map, relief_map
from bithuman.portrait.motion.head import body_map, hair_map, head_map
from bithuman.portrait.picture.arrays import Image, Plane


def motion_maps(face: Geometry, person: Plane, jaw: Plane, size: tuple[int, int]) -> Image:
    """The maps in the order of an `.imx` file, each of `size` (width, height), stacked from top to bottom.

    Args:
        face: in working pixels.
        person: how surely each working pixel belongs to the person, 0 to 1.
        jaw: how far each working pixel goes down with the jaw, 0 to 1.
        size: of each map.
    """
    maps = [
        head_map(face, person),
        relief_map(face, person),
        body_map(face, person),
        brow_map(face, person),
        jaw,
        hair_map(face, person),
    ]
    small = [cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in maps]
    return np.round(np.vstack(small).clip(0.0, 1.0) * 255.0).astype(np.uint8)
