"""The moving picture is what docs/imx.md says it is, point by point, however it is computed."""

from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from bithuman.engine.rig import MAPS, MOST_BREATH, Pose, Rig
from bithuman.engine.sheet import Sheet

Image = npt.NDArray[np.uint8]

MOVED = Pose(0.11, -0.06, 0.05, 0.2, 0.15, 0.6 * MOST_BREATH, 0.12, 0.7, -0.1)


def picture(width: int, height: int) -> Image:
    """Smooth blobs of all colours: a point that comes from the wrong place has the wrong colour."""
    coarse = np.random.default_rng(1).integers(0, 256, (height // 12 + 2, width // 12 + 2, 3), np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.uint8)


def hill(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], at: tuple[float, ...]) -> npt.NDArray[np.float64]:
    """1 in the middle, 0 from the radii on, smooth between."""
    return np.clip(1.0 - ((x - at[0]) / at[2]) ** 2 - ((y - at[1]) / at[3]) ** 2, 0.0, 1.0) ** 2


def rig(width: int, height: int) -> Rig:
    """The maps as large as the frame. The body reaches its edges, and the head laps over it."""
    x, y = np.meshgrid(np.arange(width, dtype=float), np.arange(height, dtype=float))
    parts = {
        "head": (0.5, 0.45, 0.45, 0.42),
        "relief": (0.5, 0.45, 0.2, 0.3),
        "body": (0.5, 1.1, 0.9, 0.5),
        "brows": (0.5, 0.3, 0.2, 0.1),
        "jaw": (0.5, 0.6, 0.2, 0.2),
        "hair": (0.4, 0.2, 0.3, 0.2),
    }
    maps = [hill(x, y, (fx * width, fy * height, rx * width, ry * height)) for fx, fy, rx, ry in parts.values()]
    assert list(parts) == list(MAPS)
    motion = np.round(255.0 * np.stack(maps)).astype(np.uint8)
    return Rig(motion, (width * 0.5, height * 0.8), half_face_px=0.17 * width, drop=0.03 * width)


def as_specified(canvas: Image, rig: Rig, scale: int, pose: Pose) -> Image:
    """The formula of docs/imx.md, for every pixel by itself."""
    _, height, width = rig.motion.shape
    head, relief, body, brows, jaw, hair = rig.motion.astype(np.float64) / 255.0
    x, y = np.meshgrid(np.arange(width, dtype=float), np.arange(height, dtype=float))
    right = rig.half_face_px * (pose.sway * head + pose.turn * relief + pose.hair * hair)
    right += pose.tilt * head * (rig.neck[1] - y)
    down = rig.half_face_px * (pose.bob * head + pose.nod * relief - pose.breath * body - pose.brows * brows)
    down += pose.tilt * head * (x - rig.neck[0]) + rig.drop * pose.jaw * jaw
    from_x, from_y = ((p + 0.5) * scale - 0.5 for p in (x - right, y - down))
    edge = cv2.BORDER_REPLICATE
    return cv2.remap(
        canvas, from_x.astype(np.float32), from_y.astype(np.float32), cv2.INTER_LINEAR, borderMode=edge
    ).astype(np.uint8)


@pytest.mark.parametrize(("width", "height"), [(512, 512), (501, 383), (330, 407)])
@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("pose", [Pose(), MOVED, Pose(breath=MOST_BREATH)], ids=["still", "moved", "inhaled"])
def test_every_point_comes_from_where_the_format_says(width: int, height: int, scale: int, pose: Pose) -> None:
    base, parts = picture(width * scale, height * scale), rig(width, height)
    sheet = Sheet(base, parts, scale, [])
    off = cv2.absdiff(sheet.move(base, pose), as_specified(base, parts, scale, pose))
    assert off.max() <= 24
    assert off.mean() < 0.6


def test_what_is_painted_shows_even_where_nothing_moves() -> None:
    base = picture(96, 80)
    still = Rig(np.zeros((6, 10, 12), np.uint8), (48.0, 60.0), 10.0, 2.0)
    sheet = Sheet(base, still, 1, [(41, 13, 26, 17)])
    canvas = base.copy()
    canvas[13:30, 41:67] = 255
    moved = sheet.move(canvas, MOVED)
    assert (moved[13:30, 41:67] == 255).all()
    moved[13:30, 41:67] = sheet.move(base, MOVED)[13:30, 41:67]
    assert np.array_equal(moved, sheet.move(base, MOVED))


def test_nothing_moves_without_maps() -> None:
    base = picture(96, 80)
    still = Rig(np.zeros((6, 10, 12), np.uint8), (48.0, 60.0), 10.0, 2.0)
    sheet = Sheet(base, still, 1, [])
    assert np.array_equal(sheet.move(base, MOVED), sheet.move(base, Pose()))


def test_a_breath_goes_on_in_even_steps() -> None:
    """Mixed between its pictures, too, and no step between them is seen."""
    base, parts = picture(512, 512), rig(512, 512)
    sheet = Sheet(base, parts, 1, [])
    frames = [sheet.move(base, Pose(breath=breath)).astype(int) for breath in np.linspace(0.0, MOST_BREATH, 25)]
    steps = [float(np.abs(b - a).mean()) for a, b in pairwise(frames)]
    assert 0.0 < max(steps) < 3.0 * float(np.median(steps))


def test_more_than_the_deepest_breath_is_the_deepest() -> None:
    base, parts = picture(128, 128), rig(128, 128)
    sheet = Sheet(base, parts, 1, [])
    deepest = sheet.move(base, Pose(breath=MOST_BREATH))
    assert (cv2.absdiff(sheet.move(base, Pose(breath=9.0))[100:], deepest[100:]) == 0).all()


def test_what_is_not_sampled_anew_would_look_the_same() -> None:
    """Also beside a map that ends at once."""
    base, parts = picture(256, 256), rig(256, 256)
    parts.motion[:, :, 131:] = 0
    some, all_of_it = Sheet(base, parts, 1, []), Sheet(base, parts, 1, [(0, 0, 256, 256)])
    pose = MOVED._replace(breath=0.0)
    off = cv2.absdiff(some.move(base, pose), all_of_it.move(base, pose))
    assert off.max() <= 3
