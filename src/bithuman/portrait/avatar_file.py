"""An avatar's pictures, and the manifest that describes them, as an `.imx` file (`docs/imx.md`)."""

from dataclasses import dataclass

import cv2

from bithuman.engine.pack import pack
from bithuman.portrait.face.geometry import Geometry
from bithuman.portrait.layers import PaintedLayer
from bithuman.portrait.mouth.painter import jaw_drop
from bithuman.portrait.picture.arrays import SUPERSAMPLING, Image

FPS = 25
_PNG_COMPRESSION = 6


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """All that an avatar is made of.

    Attributes:
        base: the face at rest, (h, w, 3).
        mouth, gaze, lids: the layers over it.
        motion: the motion maps, one below the other.
        face: where the parts of the face lie, in working pixels.
    """

    base: Image
    mouth: PaintedLayer
    gaze: PaintedLayer
    lids: PaintedLayer
    motion: Image
    face: Geometry


def pack_avatar(parts: Parts, name: str, source: str) -> bytes:
    """The file of an avatar. `source` is the name of its photo."""
    height, width = parts.base.shape[:2]
    layers = {"mouth": parts.mouth, "gaze": parts.gaze, "lids": parts.lids}
    rig = {
        "motion": {"entry": "motion.png"},
        "neck": [_frame_px(side) for side in parts.face.neck],
        "unit": _frame_px(parts.face.half_width),
        "drop": _frame_px(jaw_drop(parts.face)),
    }
    manifest = {
        "name": name,
        "width": width,
        "height": height,
        "fps": FPS,
        "scale": 1,
        "synthetic": True,
        "source": source,
        "layers": {"base": {"entry": "base.png"}} | {part: layer.description for part, layer in layers.items()},
        "rig": rig,
    }
    sheets = {f"{part}.png": layer.sheet for part, layer in layers.items()}
    pictures = {"base.png": parts.base} | sheets | {"motion.png": parts.motion}
    return pack(manifest, {entry: _png(image) for entry, image in pictures.items()})


def _frame_px(working_px: float) -> float:
    return round(working_px / SUPERSAMPLING, 2)


def _png(image: Image) -> bytes:
    return cv2.imencode(".png", image, [cv2.IMWRITE_PNG_COMPRESSION, _PNG_COMPRESSION])[1].tobytes()
