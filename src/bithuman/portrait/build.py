"""From a photo to an avatar."""

import cv2
import numpy as np

from bithuman.engine.pack import pack
from bithuman.engine.shape import PictureState
from bithuman.errors import PortraitError
from bithuman.portrait.checks import check_clarity, check_pose, one_face
from bithuman.portrait.crop import SUPERSAMPLING, crop_portrait
from bithuman.portrait.eyes import eyes_box, find_eyes
from bithuman.portrait.gaze import GazePainter
from bithuman.portrait.inner_mouth import Inside
from bithuman.portrait.join import close_mouth
from bithuman.portrait.landmarks import Image, Points, find_faces, shrink
from bithuman.portrait.layers import paint_layer, to_pixels
from bithuman.portrait.lids import LidPainter
from bithuman.portrait.lip_paint import paint_lips
from bithuman.portrait.lips import eye_distance, photo_lips, relax, smile_of
from bithuman.portrait.motion import Silhouette, jaw_map, motion_maps
from bithuman.portrait.mouth import MouthPainter, mouth_box
from bithuman.portrait.photo_teeth import take_teeth
from bithuman.portrait.skin import clean_seam, even_streaks, soften_folds, vividness, white_light
from bithuman.portrait.speaking import DROP
from bithuman.portrait.teeth import draw_lower, draw_upper

FPS = 25
LEAST_SIDE_PX, MOST_SIDE_PX = 256, 1920

_SEEN_PX = 1600
"""Faces are looked for in a photo of at most this size."""
_MOUTHS = (
    (-1.0, 0.0, 0.05, 0.08, 0.12, 0.2, 0.3, 0.42, 0.56, 0.72, 0.86, 1.0),
    (-1.0, -0.66, -0.33, 0.0, 0.5, 1.0),
    (0.0, 1.0),
    (0.0, 1.0),
)
"""The openings, widths, and how far teeth and tongue show, at which the mouth is painted."""
_TONGUE_UP_TO = 0.72
_ACROSS = (-1.0, -0.5, 0.0, 0.5, 1.0)
_DOWN = (-1.0, 0.0, 1.0)
_CLOSED = (0.0, 0.1, 0.22, 0.35, 0.5, 0.65, 0.8, 0.9, 1.0)
_MAP_SHARE = 4
"""Frame pixels along a side of one of a motion map's."""

MouthState = tuple[float, ...]


def build_avatar(photo: Image, name: str, size: tuple[int, int] = (512, 512), source: str = "") -> bytes:
    """An `.imx` file of the one person in a photo, the same bytes for the same arguments.

    Args:
        photo: (h, w, 3) uint8 BGR.
        name: what to call the avatar, 1 to 200 printable characters.
        size: width and height of its frames, even, from `LEAST_SIDE_PX` to `MOST_SIDE_PX`.
        source: what the photo was called, for the manifest.

    Raises:
        PortraitError: the photo is not of one clear face, or what finds faces is not installed.
    """
    width, height = size
    small, scale = shrink(photo, _SEEN_PX)
    found = one_face(find_faces(small), small)
    points = found / scale
    check_pose(points)
    check_clarity(small, found)

    cropped, _ = crop_portrait(photo, points, width, height)
    seen = find_faces(cropped)
    whole = [points for points in seen.points if _is_whole(points, cropped)]
    if not whole:
        raise PortraitError(
            "The face lies too near the photo's edge.", cure="Use a photo with some room around the head."
        )
    points = max(whole, key=eye_distance)
    return _assemble(cropped, Silhouette(points, seen.person, eye_distance(points)), name, size, source)


def _is_whole(points: Points, picture: Image) -> bool:
    """Whether all of the face lies in the picture."""
    height, width = picture.shape[:2]
    return bool(np.all((points[:468, :2] >= 0.0) & (points[:468, :2] < (width, height))))


def _assemble(cropped: Image, seen: Silhouette, name: str, size: tuple[int, int], source: str) -> bytes:
    unit, points = seen.unit, seen.points
    mouth = _mouth_painter(cropped, seen)
    eyes = find_eyes(points)
    box = eyes_box(eyes, unit)
    picture = mouth.picture
    gaze, lid = GazePainter(picture, eyes, unit, box), LidPainter(picture, eyes, unit, box)

    mouths = paint_layer("mouth.png", mouth.box, _MOUTHS, lambda state: mouth.paint(PictureState(*state)), _same_mouth)
    gazes = paint_layer("gaze.png", box, (_ACROSS, _DOWN), lambda state: gaze.paint(*state))
    lids = paint_layer("lids.png", box, (_CLOSED,), lambda state: lid.paint(*state))

    base = to_pixels(picture)
    x, y, wide, high = (side // SUPERSAMPLING for side in mouth.box)
    base[y : y + high, x : x + wide] = to_pixels(mouth.paint(PictureState(0.0, 0.0, 0.0, 0.0)))
    pictures = {
        "base.png": base,
        "mouth.png": mouths.sheet,
        "gaze.png": gazes.sheet,
        "lids.png": lids.sheet,
        "motion.png": motion_maps(seen, mouth.jaw, (size[0] // _MAP_SHARE, size[1] // _MAP_SHARE)),
    }
    rig = {
        "motion": {"entry": "motion.png"},
        "neck": [round(side / SUPERSAMPLING, 2) for side in seen.neck],
        "unit": round(seen.half_width / SUPERSAMPLING, 2),
        "drop": round(DROP * unit / SUPERSAMPLING, 2),
    }
    layers = {"base": {"entry": "base.png"}} | {
        part: layer.description for part, layer in (("mouth", mouths), ("gaze", gazes), ("lids", lids))
    }
    manifest = {
        "name": name,
        "width": size[0],
        "height": size[1],
        "fps": FPS,
        "scale": 1,
        "synthetic": True,
        "source": source,
        "layers": layers,
        "rig": rig,
    }
    return pack(manifest, {entry: _png(image) for entry, image in pictures.items()})


def _mouth_painter(cropped: Image, seen: Silhouette) -> MouthPainter:
    """The face with its mouth closed, and what opens it."""
    unit, points = seen.unit, seen.points
    photo = cropped.astype(np.float32) / 255.0
    lips = photo_lips(points)
    rest = relax(lips, unit)
    smile = smile_of(lips, unit)

    picture = close_mouth(photo, points, lips, rest, unit)
    picture = soften_folds(picture, rest, unit, smile)
    picture = clean_seam(picture, rest, unit, smile)
    picture = even_streaks(picture, rest, unit, smile)
    picture = paint_lips(picture, lips, photo, rest, unit, smile)
    light = white_light(photo, rest, unit)
    upper = take_teeth(photo, lips, unit) or draw_upper(rest.middle, unit, light)
    lower = draw_lower(rest.middle, unit, light)
    inside = Inside(light, vividness(photo, rest, unit), upper, lower, rest.middle, unit)
    seam = 0.12 + 0.33 * smile
    return MouthPainter(picture, points, rest, unit, mouth_box(points, rest, unit), jaw_map(seen, rest), inside, seam)


def _same_mouth(state: MouthState) -> MouthState:
    """Closed lips hide teeth and tongue; a wide open mouth shows its tongue anyhow; a tongue between the teeth shows
    those that it touches."""
    opening, width, teeth, tongue = state
    if opening <= 0.0:
        return opening, width, 0.0, 0.0
    if opening > _TONGUE_UP_TO:
        return opening, width, teeth, 0.0
    return opening, width, 0.5 if tongue else teeth, tongue


def _png(image: Image) -> bytes:
    return cv2.imencode(".png", image, [cv2.IMWRITE_PNG_COMPRESSION, 6])[1].tobytes()
