"""A row of teeth: drawn tooth by tooth, or taken from the photo where it smiles."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from bithuman.portrait.landmarks import Points
from bithuman.portrait.lips import Lips
from bithuman.portrait.warp import Box, blur, curve, fill, layer_over, smooth_step

_MM = 1.0 / 63.0
"""A millimetre in units of the distance between the eyes, which is 63 mm in most adults."""

# Half a row from the middle outwards, in mm as seen from the front: width, height, how far the edge stands back.
_UPPER_TEETH = ((8.4, 9.6, 0.0), (6.5, 8.4, 0.9), (6.2, 9.2, 0.3), (4.6, 7.6, 1.3), (3.6, 7.0, 2.0), (2.6, 6.5, 2.6))
_LOWER_TEETH = ((5.3, 8.0, 0.0), (5.6, 8.0, 0.1), (6.0, 8.4, -0.2), (4.8, 7.4, 0.8), (3.6, 7.0, 1.4))
_ENAMEL = np.array([0.77, 0.86, 0.91], np.float32)
_GUM = np.array([0.45, 0.42, 0.72], np.float32)
_UPPER_SHOWS_MM = 1.4
"""How far the upper teeth reach below the line where the lips meet."""
_LEAST_PHOTO_GAP = 0.09


@dataclass(frozen=True, slots=True, eq=False)
class Teeth:
    """A row of teeth: `colours` (h, w, 4) float32, BGR and alpha from 0 to 1, its top left corner at `left`, `top` of
    the working picture while the jaw is shut, and the height of its middle edge there."""

    colours: npt.NDArray[np.float32]
    left: int
    top: int
    edge_y: float


def paste_teeth(canvas: npt.NDArray[np.float32], teeth: Teeth, box: Box, shift: tuple[float, float], lit: float) -> None:
    """Lay teeth over a canvas that shows `box`, moved by `shift` pixels, `lit` times as bright."""
    x, y, width, height = box
    matrix = np.array([[1.0, 0.0, teeth.left + shift[0] - x], [0.0, 1.0, teeth.top + shift[1] - y]])
    moved = cv2.warpAffine(teeth.colours, matrix, (width, height), flags=cv2.INTER_LINEAR)
    canvas *= 1.0 - moved[..., 3:]
    canvas += moved[..., :3] * moved[..., 3:] * lit


def draw_upper(middle: Points, unit: float, light: float) -> Teeth:
    """Upper teeth for a photo that shows none, hanging where the lips at `middle` hide all but their edge."""
    edge = float(middle[1]) + _UPPER_SHOWS_MM * _MM * unit
    return _draw(_UPPER_TEETH, float(middle[0]), edge, unit, light, down=True)


def draw_lower(middle: Points, unit: float, light: float) -> Teeth:
    """Lower teeth whose edges lie at `middle`."""
    return _draw(_LOWER_TEETH, float(middle[0]), float(middle[1]), unit, light, down=False)


def _draw(
    row: tuple[tuple[float, float, float], ...], middle_x: float, edge: float, unit: float, light: float, down: bool
) -> Teeth:
    mm = _MM * unit
    half, tall = int(36 * mm), int(20 * mm)
    left, top = int(middle_x) - half, int(edge) - (tall - int(4 * mm) if down else int(4 * mm))
    x, y = np.meshgrid(np.arange(2 * half + 1) + left - middle_x, np.arange(tall) + top - edge)
    x, up = x / mm, (-y if down else y) / mm  # millimetres; up from the edge towards the gum

    colours = np.zeros((*x.shape, 4), np.float32)
    gum = _gum(x, up)
    colours[..., :3], colours[..., 3] = _GUM * light * 0.8, gum
    start = 0.0
    for number, (width, height, back) in enumerate(row):
        for side in (-1.0, 1.0):
            across = (side * x - start - width / 2.0) / (width / 2.0)  # -1..1 over the tooth, outwards
            _draw_tooth(colours, across, up - back - 0.35, width, height, light * (1.0 - 0.07 * number))
        start += width
    return Teeth(blur(colours, 0.35 * mm), left, top, edge)


def _gum(x: Points, up: Points) -> Points:
    line = up - 6.8 + 0.004 * np.square(x)
    inside = 1.0 / (1.0 + np.exp(-line / 0.5))
    ends = 1.0 / (1.0 + np.exp((np.abs(x) - 28.0) / 0.8))
    result: Points = inside * ends
    return result


def _draw_tooth(colours: npt.NDArray[np.float32], across: Points, up: Points, width: float, height: float, light: float) -> None:
    """One tooth: a rounded block, its neck narrower, darker towards its sides, its edge a little glassy."""
    v = up / height
    taper = 1.0 - 0.12 * np.clip(v, 0.0, 1.0) ** 1.5
    u = across / taper
    corner = 0.30
    dx = np.maximum(np.abs(u) - (1.0 - corner), 0.0) / corner
    sized = width / 2.0 * corner / 1.6  # the corners at the edge are rounded by this much, in mm
    dy = np.maximum(sized - up, 0.0) / max(sized, 1e-6)
    outside = np.hypot(dx, dy) - 1.0
    neck = v - (0.86 + 0.14 * np.sqrt(np.clip(1.0 - np.square(u), 0.0, 1.0)))
    distance = np.maximum(outside * sized, neck * height)  # mm, below 0 inside
    alpha = 1.0 / (1.0 + np.exp(np.clip(distance / 0.12, -30.0, 30.0)))

    round_ = 1.0 - 0.20 * np.abs(u) ** 3.0
    height_light = 0.90 + 0.10 * np.clip(v / 0.35, 0.0, 1.0) - 0.10 * np.clip((v - 0.6) / 0.4, 0.0, 1.0)
    shine = 0.05 * np.exp(-np.square((u + 0.15) / 0.30) - np.square((v - 0.45) / 0.25))
    tone = (_ENAMEL * (round_ * height_light)[..., None] + shine[..., None]) * light
    tone[..., 0] -= 0.05 * light * np.clip((v - 0.5) / 0.5, 0.0, 1.0)  # yellower at the neck
    kept = colours[..., 3] * (1.0 - alpha)
    total = alpha + kept
    colours[..., :3] = (tone * alpha[..., None] + colours[..., :3] * kept[..., None]) / np.maximum(total, 1e-6)[..., None]
    colours[..., 3] = total


def _arch(columns: Points, edge: Points) -> Points:
    """The parabola that most of the edges of a row of teeth lie on."""
    kept = np.ones(len(columns), bool)
    for _ in range(4):
        arch = np.polyfit(columns[kept], edge[kept], 2)
        away = np.abs(edge - np.polyval(arch, columns))
        kept = away <= max(2.0 * float(np.median(away[kept])), 1.0)
    result: Points = arch
    return result


def photo_teeth(picture: npt.NDArray[np.float32], lips: Lips, unit: float) -> Teeth | None:
    """The upper teeth that the photo itself shows between its lips, or None where it shows too little of them."""
    if lips.gap < _LEAST_PHOTO_GAP * unit:
        return None
    upper, lower = curve(lips.upper_inner), curve(lips.lower_inner)
    outline = np.vstack([upper, lower[::-1]])
    margin = int(0.06 * unit)
    left, top = np.floor(outline.min(axis=0)).astype(int) - margin
    right, bottom = np.ceil(outline.max(axis=0)).astype(int) + margin
    box = (int(left), int(top), int(right - left), int(bottom - top))
    piece = picture[top:bottom, left:right]
    within = fill(outline, box)
    bright = piece @ np.array([0.114, 0.587, 0.299], np.float32)
    saturation = 1.0 - piece.min(axis=2) / np.maximum(piece.max(axis=2), 1e-3)
    inside = within > 0.9
    white = float(np.percentile(bright[inside], 85))
    tooth = smooth_step(0.40 * white, 0.58 * white, bright) * smooth_step(-0.40, -0.28, -saturation) * within
    if white < 0.3 or float(tooth[inside].mean()) < 0.35:
        return None
    own = _mend(piece, tooth, upper, box, unit)
    colour = np.average(piece.reshape(-1, 3), axis=0, weights=np.square(tooth).ravel())
    middle = np.array([lips.middle[0], own.edge_y])
    return _beside(own, _draw(_UPPER_TEETH, float(middle[0]), own.edge_y, unit, 1.0, down=True), colour)


def _beside(own: Teeth, drawn: Teeth, colour: Points) -> Teeth:
    """The photo's teeth, and where it shows none beside them, drawn ones of the same colour, in the shade."""
    left, top = min(own.left, drawn.left), min(own.top, drawn.top)
    right = max(own.left + own.colours.shape[1], drawn.left + drawn.colours.shape[1])
    bottom = max(own.top + own.colours.shape[0], drawn.top + drawn.colours.shape[0])
    box = (left, top, right - left, bottom - top)
    both = np.zeros((box[3], box[2], 4), np.float32)
    for teeth, tint in ((drawn, 0.82 * colour / _ENAMEL), (own, np.ones(3))):
        x, y = teeth.left - left, teeth.top - top
        part = both[y : y + teeth.colours.shape[0], x : x + teeth.colours.shape[1]]
        layer_over(part, teeth.colours[..., :3] * tint.astype(np.float32), teeth.colours[..., 3])
    return Teeth(both, left, top, own.edge_y)


def _mend(
    piece: npt.NDArray[np.float32], tooth: npt.NDArray[np.float32], upper: Points, box: Box, unit: float
) -> Teeth:
    """The teeth in a piece of the photo, continued upwards under the lip as the gum would hide them."""
    left, top, width, height = box
    rows = np.arange(height, dtype=np.float32)[:, None]
    edge = np.full(width, np.nan)
    for column in range(width):
        solid = np.flatnonzero(tooth[:, column] > 0.5)
        if len(solid) > 0.03 * unit:
            edge[column] = solid[-1]
    known = np.flatnonzero(~np.isnan(edge))
    arch = _arch(known, edge[known])
    known = known[np.abs(edge[known] - np.polyval(arch, known)) < 0.04 * unit]
    row_edge = np.polyval(arch, np.arange(width))
    line = np.interp(np.arange(width), known, edge[known])
    line = np.clip(line, row_edge - 0.018 * unit, row_edge + 0.006 * unit).astype(np.float32)
    line = blur(line[None], 0.006 * unit)[0]
    first = np.interp(np.arange(width) + left, upper[:, 0], upper[:, 1]) - top + 0.022 * unit
    source_rows = np.maximum(rows, first[None, :].astype(np.float32)).astype(np.float32)
    columns = np.broadcast_to(np.arange(width, dtype=np.float32), (height, width))
    above = int(0.12 * unit)
    grown_rows = np.vstack([np.broadcast_to(source_rows[:1], (above, width)), source_rows]).astype(np.float32)
    grown_columns = np.vstack([np.broadcast_to(columns[:1], (above, width)), columns]).astype(np.float32)
    colours = cv2.remap(piece, grown_columns, grown_rows, cv2.INTER_LINEAR)
    height_above = grown_rows - (np.arange(height + above, dtype=np.float32)[:, None] - above)
    colours += smooth_step(0.03 * unit, 0.06 * unit, height_above)[..., None] * (_GUM * colours.max() * 0.8 - colours)

    down = np.arange(height + above, dtype=np.float32)[:, None] - above
    ends = smooth_step(0.0, 0.04 * unit, (np.arange(width) - known[0]).astype(np.float32)) * smooth_step(
        0.0, 0.04 * unit, (known[-1] - np.arange(width)).astype(np.float32)
    )
    body = 1.0 - smooth_step(-0.012 * unit, 0.012 * unit, down - (line[None, :] - 0.006 * unit).astype(np.float32))
    alpha = (body * ends[None, :]).astype(np.float32)
    middle = width // 2
    edge_y = float(np.median(line[middle - 8 : middle + 9]) + top)
    return Teeth(np.dstack([colours, alpha]).astype(np.float32), left, top - above, edge_y)
