"""An avatar: the pictures of one face and what is needed to move them."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from bithuman.engine.atlas import Atlas, Image
from bithuman.engine.container import Container, read_container
from bithuman.engine.fields import Fields
from bithuman.engine.rig import MAPS, Rig
from bithuman.engine.sheet import Sheet
from bithuman.errors import ModelLoadError, ModelNotFoundError, ModelSecurityError

MAX_SIDE_PX = 4096
MAX_SCALE = 4
MAX_LAYER_PX = MAX_SIDE_PX * MAX_SCALE
MAX_PIXELS = 32_000_000
"""Of all layers together: 128 MB once decoded."""
MAX_FRAME_PIXELS = 4_000_000
"""Of a frame, of which a dozen are kept at hand."""

BUILT_IN = Path(__file__).parent / "assets" / "default.imx"
_CURE = "Write the file again as docs/imx.md says."
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOURS = {1: 0, 3: 2, 4: 6}
"""Channels to the PNG colour type: grey, RGB, RGBA."""


@dataclass(frozen=True, slots=True, eq=False)
class Avatar:
    """A face to draw. What it shows never changes, and engines and threads may share one.

    Attributes:
        name: what to call it.
        width, height: of its frames, in pixels.
        fps: frames a second that it was made for.
        model_hash: 32 hexadecimal digits that name its content.
        scale: how many layer pixels make a frame pixel, along each side.
        base: the whole person with eyes open and a closed mouth, (height * scale, width * scale, 3) BGR.
        mouth: opaque tiles over opening, width, teeth, tongue (see `PictureState`).
        gaze: opaque tiles of both eyes over the gaze across (-1 to the picture's left) and down (-1 up).
        lids: tiles with premultiplied alpha over how far the lids are closed, 0 to 1.
        rig: what of the picture moves with what.
        sheet: the base, ready to be moved.
    """

    name: str
    width: int
    height: int
    fps: int
    model_hash: str
    scale: int
    base: Image = field(repr=False)
    mouth: Atlas = field(repr=False)
    gaze: Atlas = field(repr=False)
    lids: Atlas = field(repr=False)
    rig: Rig = field(repr=False)
    sheet: Sheet = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Prepare the sheet."""
        painted = (self.mouth.box, self.gaze.box, self.lids.box)
        object.__setattr__(self, "sheet", Sheet(self.base, self.rig, self.scale, painted))


def open_avatar(path: str | os.PathLike[str] | None = None) -> Avatar:
    """The avatar in the `.imx` file at `path`, or the built-in one.

    Raises:
        ModelNotFoundError: there is no such file.
        ModelLoadError: the file is not an avatar that this version can open.
        ModelSecurityError: the file is built to do harm, or was changed after it was made.
    """
    if path is None:
        if not BUILT_IN.exists():
            raise ModelNotFoundError(
                "The built-in avatar was not drawn when the package was built.",
                cure=f"Run `python -m tools.draw_avatar {BUILT_IN}` in the source tree, or install the package again.",
            )
        path = BUILT_IN
    return _build(read_container(path))


def _build(container: Container) -> Avatar:
    manifest = container.manifest
    width, height = manifest.integer("width", 16, MAX_SIDE_PX), manifest.integer("height", 16, MAX_SIDE_PX)
    scale = manifest.integer("scale", 1, MAX_SCALE)
    layers = manifest.fields("layers")
    base, mouth, gaze, lids = (layers.fields(name) for name in ("base", "mouth", "gaze", "lids"))
    if width * height > MAX_FRAME_PIXELS:
        raise ModelSecurityError(
            f"A frame has {width * height} pixels; at most {MAX_FRAME_PIXELS} are drawn.",
            cure="Make it smaller.",
        )
    _bound_pixels(container.entries)

    canvas = (height * scale, width * scale)
    pictures = _Pictures(container.entries)
    picture = pictures.decode(base.text("entry"), channels=3)
    if picture.shape[:2] != canvas:
        raise ModelLoadError("The base layer is not as large as the frame.", cure=_CURE)
    if lids.integers("box", 0, MAX_LAYER_PX, 4) != gaze.integers("box", 0, MAX_LAYER_PX, 4):
        raise ModelLoadError("The lids do not cover the same box as the gaze below them.", cure=_CURE)
    unit, both = (0.0, 1.0), (-1.0, 1.0)
    return Avatar(
        name=manifest.text("name"),
        width=width,
        height=height,
        fps=manifest.integer("fps", 1, 120),
        model_hash=container.model_hash,
        scale=scale,
        base=picture,
        mouth=_atlas(pictures, mouth, canvas, (both, both, unit, unit), channels=3),
        gaze=_atlas(pictures, gaze, canvas, (both, both), channels=3),
        lids=_atlas(pictures, lids, canvas, (unit,), channels=4),
        rig=_rig(pictures, manifest.fields("rig")),
    )


def _rig(pictures: "_Pictures", rig: Fields) -> Rig:
    maps = pictures.decode(rig.fields("motion").text("entry"), channels=1)
    height, rest = divmod(maps.shape[0], len(MAPS))
    if rest:
        raise ModelLoadError(f"The rig's motion is not {len(MAPS)} maps of equal height.", cure=_CURE)
    if max(height, maps.shape[1]) > MAX_SIDE_PX:
        raise ModelLoadError("The rig's maps are larger than any frame.", cure=_CURE)
    return Rig(
        motion=maps.reshape(len(MAPS), height, -1),
        neck=rig.numbers("neck", 0.0, float(MAX_SIDE_PX), 2),
        half_face_px=rig.number("unit", 1.0, float(MAX_SIDE_PX)),
        drop=rig.number("drop", 0.0, float(MAX_SIDE_PX)),
    )


def _atlas(
    pictures: "_Pictures",
    layer: Fields,
    canvas: tuple[int, int],
    ranges: tuple[tuple[float, float], ...],
    channels: int,
) -> Atlas:
    x, y, width, height = layer.integers("box", 0, MAX_LAYER_PX, 4)
    if not width or not height or y + height > canvas[0] or x + width > canvas[1]:
        raise ModelLoadError("A layer's box is empty or leaves the picture.", cure=_CURE)
    axes = layer.axes("axes", ranges)
    sheet = pictures.decode(layer.text("entry"), channels)
    down, across = sheet.shape[0] // height, sheet.shape[1] // width
    if not down or not across or sheet.shape[:2] != (down * height, across * width):
        raise ModelLoadError("A sheet of tiles is not whole tiles wide and high.", cure=_CURE)
    numbers = layer.integers("tiles", 0, down * across - 1, math.prod(len(axis) for axis in axes))

    def cut(number: int) -> Image:
        row, column = divmod(number, across)
        tile = np.ascontiguousarray(sheet[row * height : (row + 1) * height, column * width : (column + 1) * width])
        tile.flags.writeable = False
        return tile

    # Only what is named is cut: a sheet may hold millions of tiles of a pixel, and the manifest cannot name as many.
    tiles = {number: cut(number) for number in set(numbers)}
    return Atlas(x, y, axes, tuple(tiles[number] for number in numbers))


def _bound_pixels(entries: Mapping[str, bytes]) -> None:
    """Refuse pictures that would fill the memory, by their headers alone."""
    pixels = 0
    for name, content in entries.items():
        width, height, *_ = _png_header(name, content)
        pixels += width * height
    if pixels > MAX_PIXELS:
        raise ModelSecurityError(
            f"The layers claim {pixels} pixels; at most {MAX_PIXELS} are opened.", cure="Write the avatar smaller."
        )


def _png_header(name: str, content: bytes) -> tuple[int, int, int, int]:
    """Width, height, bits a channel and colour type (PNG specification, third edition, section 11.2.1: IHDR)."""
    if len(content) < 33 or content[:8] != _PNG_SIGNATURE or content[12:16] != b"IHDR":
        raise ModelLoadError(f"The entry {name} is not a PNG picture.", cure=_CURE)
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big"), content[24], content[25]


class _Pictures:
    """A container's pictures, each decoded once."""

    def __init__(self, entries: Mapping[str, bytes]) -> None:
        self._entries = entries
        self._decoded: dict[str, Image] = {}

    def decode(self, name: str, channels: int) -> Image:
        """The picture as (h, w, channels) uint8: BGR or, with four channels, BGR premultiplied by alpha; grey is
        (h, w)."""
        if name not in self._entries:
            raise ModelLoadError(f"A layer names the entry {name}, which is not declared.", cure=_CURE)
        content = self._entries[name]
        width, height, bits, colour = _png_header(name, content)
        if (bits, colour) != (8, _COLOURS[channels]):
            raise ModelLoadError(f"The entry {name} is not a PNG of 8 bits and {channels} channels.", cure=_CURE)
        if name not in self._decoded:
            self._decoded[name] = _decode(name, content, (height, width, channels) if channels > 1 else (height, width))
        return self._decoded[name]


def _decode(name: str, content: bytes, shape: tuple[int, ...]) -> Image:
    try:
        decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise ModelLoadError(f"The entry {name} cannot be decoded.", cure=_CURE) from error
    if decoded is None or decoded.shape != shape:
        raise ModelLoadError(f"The entry {name} cannot be decoded.", cure=_CURE)
    image = decoded.astype(np.uint8, copy=False)
    if shape[-1] == 4 and len(shape) == 3:
        alpha = image[..., 3:].astype(np.uint16)
        image[..., :3] = (image[..., :3] * alpha + 127) // 255
    image.flags.writeable = False
    return image
