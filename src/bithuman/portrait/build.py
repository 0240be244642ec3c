"""From a photo to an avatar: each step of the way, in order."""

from bithuman.engine.shape import PictureState
from bithuman.errors import PortraitError
from bithuman.portrait.avatar_file import Parts, pack_avatar
from bithuman.portrait.checks.clarity import check_clarity
from bithuman.portrait.checks.covering import check_uncovered
from bithuman.portrait.checks.one_face import one_face
from bithuman.portrait.checks.pose import check_pose
from bithuman.portrait.crop import crop_portrait
from bithuman.portrait.eyes.box import eyes_box
from bithuman.portrait.eyes.gaze import GAZE_AXES, GazePainter
from bithuman.portrait.eyes.lids import LID_AXES, LidPainter
from bithuman.portrait.face.detection import Faces, find_faces, shrink
from bithuman.portrait.face.geometry import Geometry
from bithuman.portrait.layers import paint_layer, to_pixels
from bithuman.portrait.motion.features import jaw_map
from bithuman.portrait.motion.maps import motion_maps
from bithuman.portrait.mouth.painter import MouthPainter
from bithuman.portrait.mouth.prepare import mouth_painter
from bithuman.portrait.mouth.states import MOUTH_AXES, state_alike
from bithuman.portrait.picture.arrays import SUPERSAMPLING, Image

LEAST_SIDE_PX, MOST_SIDE_PX = 256, 1920

_MAP_SHARE = 4
"""Frame pixels along a side of one of a motion map's."""
_AT_REST = PictureState(0.0, 0.0, 0.0, 0.0)


def build_avatar(photo: Image, name: str, size: tuple[int, int] = (512, 512), source: str = "") -> bytes:
    """An `.imx` file of the one person in a photo, the same bytes for the same arguments.

    Args:
        photo: (h, w, 3) uint8 BGR.
        name: of the avatar, 1 to 200 printable characters.
        size: width and height of its frames, even, from `LEAST_SIDE_PX` to `MOST_SIDE_PX`.
        source: the name of the photo, for the manifest.

    Raises:
        PortraitError: the photo is not of one clear face, or MediaPipe, which finds faces, is not installed.
    """
    portrait = crop_portrait(photo, _checked_face(photo), *size)
    found = find_faces(portrait)
    face, person = _whole_face(found, portrait), found.person
    jaw = jaw_map(face, person)
    mouth = mouth_painter(portrait, face, jaw)
    parts = _paint(mouth, motion_maps(face, person, jaw, (size[0] // _MAP_SHARE, size[1] // _MAP_SHARE)))
    return pack_avatar(parts, name, source)


def _checked_face(photo: Image) -> Geometry:
    """The one face in the photo, in its pixels."""
    small, scale = shrink(photo)
    found = one_face(find_faces(small), small)
    face = found.at_full_size(scale)
    check_pose(face)
    check_clarity(small, found)
    check_uncovered(small, found)
    return face


def _whole_face(faces: Faces, portrait: Image) -> Geometry:
    """The largest face that lies in the portrait as a whole."""
    height, width = portrait.shape[:2]
    whole = [face for face in faces.found if face.lies_within(width, height)]
    if not whole:
        raise PortraitError(
            "The face lies too near the photo's edge.", cure="Use a photo with some room around the head."
        )
    return max(whole, key=lambda face: face.eye_distance)


def _paint(mouth: MouthPainter, motion: Image) -> Parts:
    """The parts of the avatar: the face at rest, and the layers over it."""
    face, picture = mouth.face, mouth.picture
    box = eyes_box(face)
    gaze, lids = GazePainter(picture, face, box), LidPainter(picture, face, box)
    base = to_pixels(picture)
    x, y, width, height = (side // SUPERSAMPLING for side in mouth.box)
    base[y : y + height, x : x + width] = to_pixels(mouth.paint(_AT_REST))
    return Parts(
        base=base,
        mouth=paint_layer(
            "mouth.png", mouth.box, MOUTH_AXES, lambda state: mouth.paint(PictureState(*state)), state_alike
        ),
        gaze=paint_layer("gaze.png", box, GAZE_AXES, lambda state: gaze.paint(*state)),
        lids=paint_layer("lids.png", box, LID_AXES, lambda state: lids.paint(*state)),
        motion=motion,
        face=face,
    )
