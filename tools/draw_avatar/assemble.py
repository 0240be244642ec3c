"""Turn paintings into layers, and layers into an `.imx` container."""

import runpy
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from tools.draw_avatar import eyes, jaw, motion, mouth
from tools.draw_avatar.painting import SUPERSAMPLING, Painting
from tools.draw_avatar.person import SIZE, draw_person

SCALE = 1
"""Layer pixels to a frame pixel."""

_MOUTHS = (
    (-1.0, -0.5, 0.0, 0.04, 0.08, 0.13, 0.19, 0.27, 0.36, 0.47, 0.60, 0.79, 1.0),
    (-1.0, -0.75, -0.5, -0.25, 0.0, 0.5, 1.0),
    (0.0, 0.5, 1.0),
    (0.0, 1.0),
)
_ACROSS = (-1.0, -0.67, -0.33, 0.0, 0.33, 0.67, 1.0)
_DOWN = (-1.0, -0.5, 0.0, 0.5, 1.0)
_CLOSED = (0.0, 0.12, 0.22, 0.32, 0.42, 0.51, 0.6, 0.69, 0.77, 0.85, 0.93, 1.0)
_MARGIN = 4
_WINDOW_BYTES = 32_000

Image = npt.NDArray[np.uint8]
Box = tuple[int, int, int, int]
# The package cannot be imported while it is being built; this one module of it needs nothing but the standard library.
_pack = runpy.run_path(str(Path(__file__).parents[2] / "src/bithuman/engine/pack.py"))["pack"]


def assemble() -> bytes:
    """The built-in avatar's container."""
    bare = draw_person()
    whole = bare.crop(0, 0, SIZE, SIZE)
    eyes.draw_eyes(whole, 0.0, 0.0)
    mouth.draw_mouth(whole, 0.0, 0.0, 0.0, 0.0)

    states = list(product(*_MOUTHS))
    drawn = sorted({mouth.distinct(state) for state in states})
    mouths = _tiles(mouth.BOX, bare, mouth.draw_mouth, drawn)
    gazes = _tiles(eyes.BOX, bare, eyes.draw_eyes, product(_ACROSS, _DOWN))
    lids = _tiles(eyes.BOX, None, eyes.draw_lids, product(_CLOSED))
    layers = {
        "base": {"entry": "base.png"},
        "mouth": _layer("mouth.png", mouth.BOX, _MOUTHS, [drawn.index(mouth.distinct(state)) for state in states]),
        "gaze": _layer("gaze.png", eyes.BOX, (_ACROSS, _DOWN), range(len(gazes))),
        "lids": _layer("lids.png", eyes.BOX, (_CLOSED,), range(len(lids))),
    }
    rig = {"motion": {"entry": "motion.png"}, "neck": motion.NECK, "unit": motion.UNIT, "drop": jaw.DROP}
    manifest = {"name": "Mira", "width": SIZE, "height": SIZE, "fps": 25, "scale": SCALE, "layers": layers, "rig": rig}
    entries = {
        "base.png": _png(_shrink(whole)),
        "mouth.png": _png(_sheet(mouths)),
        "gaze.png": _png(_sheet(gazes)),
        "lids.png": _png(_sheet(lids)),
        "motion.png": _png(motion.motion_maps()),
    }
    packed: bytes = _pack(manifest, entries)
    return packed


def _layer(entry: str, box: Box, axes: Sequence[Sequence[float]], tiles: Iterable[int]) -> dict[str, object]:
    return {"entry": entry, "box": [side * SCALE for side in box], "axes": axes, "tiles": list(tiles)}


def _tiles(
    box: Box, ground: Painting | None, draw: Callable[..., None], states: Iterable[tuple[float, ...]]
) -> list[Image]:
    """One tile for each state."""
    x, y, width, height = box
    around = (x - _MARGIN, y - _MARGIN, width + 2 * _MARGIN, height + 2 * _MARGIN)
    tiles = []
    for state in states:
        painting = Painting(*around, transparent=True) if ground is None else ground.crop(*around)
        draw(painting, *state)
        cut = _MARGIN * SCALE
        tiles.append(_shrink(painting)[cut:-cut, cut:-cut])
    return tiles


def _shrink(painting: Painting) -> Image:
    """At layer size, alpha straight, and just soft enough to be resampled."""
    height, width = painting.pixels.shape[:2]
    by = SUPERSAMPLING // SCALE
    small = cv2.resize(painting.pixels, (width // by, height // by), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), 0.5).astype(np.float32, copy=False)
    if soft.shape[2] == 4:
        soft = np.dstack([soft[..., :3] / np.maximum(soft[..., 3:], 1e-6), soft[..., 3:]])
    return np.round(soft.clip(0.0, 1.0) * 255.0).astype(np.uint8)


def _sheet(tiles: Sequence[Image]) -> Image:
    """The tiles in rows short enough for PNG's 32 KiB window to reach the neighbour: what tiles share costs nothing."""
    columns = min(len(tiles), _WINDOW_BYTES // tiles[0][0].nbytes)
    blank = [np.zeros_like(tiles[0])] * (-len(tiles) % columns)
    rows = [np.hstack([*tiles, *blank][i : i + columns]) for i in range(0, len(tiles), columns)]
    return np.vstack(rows)


def _png(image: Image) -> bytes:
    return cv2.imencode(".png", image, [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes()
