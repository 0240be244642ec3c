"""The mouth of a portrait: closed where it smiled, and then in every state that a mouth layer has tiles for."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from bithuman.portrait.inner_mouth import Colours, Inside, paint_inside
from bithuman.portrait.landmarks import CHIN, NOSE_BASE, Points
from bithuman.portrait.lips import DROP, Lips, rolled, speak
from bithuman.portrait.warp import Box, Plane, bend, blur, curve, fetch, fill, smooth_step

_RIM_PX = 14
_NOSE = (2, 97, 326, 98, 327, 129, 358, 4)


def join(
    picture: Colours, sources: Lips, targets: Lips, held: tuple[Points, Points], box: Box
) -> Colours:
    """The picture in `box` with the lips of `sources` on the outlines of `targets`, and skin that follows.

    Above the line between the lips one bend is used, below it another: they differ where the mouth is open.
    `held` are further points, where they go and where they come from.
    """
    halves = []
    for target_inner, source_inner in (
        (targets.upper_inner, sources.upper_inner),
        (targets.lower_inner, sources.lower_inner),
    ):
        to = np.vstack([targets.upper_outer, targets.lower_outer[1:-1], target_inner, held[0]])
        of = np.vstack([sources.upper_outer, sources.lower_outer[1:-1], source_inner, held[1]])
        halves.append(fetch(picture, bend(to, of, box), box))
    below = _below(targets, box)[..., None]
    return halves[0] + below * (halves[1] - halves[0])


def _below(lips: Lips, box: Box) -> Plane:
    """How far each pixel belongs to the lower half of the face."""
    x, y, width, height = box
    line = curve(lips.lower_inner)
    ends = [(x - 9.0, line[0, 1]), *line, (x + width + 9.0, line[-1, 1])]
    return fill(np.array([*ends, (x + width + 9.0, y + height + 9.0), (x - 9.0, y + height + 9.0)]), box, 1.0)


def close_mouth(picture: Colours, points: Points, photo: Lips, rest: Lips, unit: float) -> Colours:
    """The whole picture with the photo's lips at rest. The skin between nose, eyes and jaw follows."""
    x, y = rest.middle
    reach = 1.15 * unit
    box = (int(x - reach), int(y - 0.75 * unit), int(2 * reach), int(1.6 * unit))
    box = _within(box, picture)
    fixed = np.vstack([points[list(_NOSE), :2], _frame_points(box)])
    piece = join(picture, photo, rest, (fixed, fixed), box)
    return _blend_in(picture, piece, box, int(0.12 * unit))


def _within(box: Box, picture: Colours) -> Box:
    """The part of a box that lies in the picture."""
    left, top = max(box[0], 0), max(box[1], 0)
    right, bottom = min(box[0] + box[2], picture.shape[1]), min(box[1] + box[3], picture.shape[0])
    return left, top, right - left, bottom - top


def _frame_points(box: Box, along: int = 7) -> Points:
    """Points around the rim of a box."""
    x, y, width, height = box
    across, down = np.linspace(x, x + width, along), np.linspace(y, y + height, along)[1:-1]
    sides = [(px, py) for py in down for px in (x, x + width)]
    return np.array([*[(px, py) for px in across for py in (y, y + height)], *sides], float)


def _blend_in(picture: Colours, piece: Colours, box: Box, rim_px: int) -> Colours:
    x, y, width, height = box
    whole = picture.copy()
    part = whole[y : y + height, x : x + width]
    part += rim_mask(width, height, rim_px)[..., None] * (piece - part)
    return whole


def rim_mask(width: int, height: int, rim_px: int) -> Plane:
    """1 inside, falling smoothly to 0 over `rim_px` at the rim; the outermost two pixels are 0."""
    across = np.minimum(np.arange(width), np.arange(width)[::-1]).astype(np.float32)
    down = np.minimum(np.arange(height), np.arange(height)[::-1]).astype(np.float32)
    return np.outer(smooth_step(2.0, rim_px, down), smooth_step(2.0, rim_px, across))


@dataclass(frozen=True, slots=True, eq=False)
class MouthPainter:
    """Paints the mouth in any state.

    Attributes:
        picture: the whole face at rest, float BGR.
        rest: its lips.
        box: what is painted.
        jaw: how far each pixel of the whole frame goes along with the jaw, 0 to 1.
        seam: how dark the line between the closed lips is drawn.
    """

    picture: Colours
    points: Points
    rest: Lips
    unit: float
    box: Box
    jaw: Plane
    inside: Inside
    seam: float

    def paint(self, opening: float, width: float, teeth: float, tongue: float) -> Colours:
        """The box as it is before the jaw moves the picture, (h, w, 3)."""
        x, y, wide, high = self.box
        drop = DROP * self.unit * max(opening, 0.0)
        below = int(np.ceil(drop)) + 2
        final_box = _within((x, y, wide, high + below), self.picture)
        final = self._final(final_box, drop, opening, width, teeth, tongue)

        down = np.arange(high, dtype=np.float32)[:, None] + np.zeros((high, wide), np.float32)
        across = np.arange(wide, dtype=np.float32)[None, :] + np.zeros((high, wide), np.float32)
        shown = down.copy()
        jaw = self.jaw[y : y + final_box[3], x : x + wide]
        for _ in range(12):
            shown = down + drop * cv2.remap(jaw, across, shown, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        tile = cv2.remap(final, across, shown, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        ground = self.picture[y : y + high, x : x + wide]
        mixed: Colours = ground + rim_mask(wide, high, _RIM_PX)[..., None] * (tile - ground)
        return np.clip(mixed, 0.0, 1.0)

    def _final(self, box: Box, drop: float, opening: float, width: float, teeth: float, tongue: float) -> Colours:
        """The box as it is seen in the frame, the jaw's motion included."""
        lips = speak(self.rest, self.unit, opening, width, teeth, tongue)
        held = self._held(box)
        face = join(self.picture, rolled(self.rest, opening, teeth), lips, (self._dropped(held, drop), held), box)
        parted = min(max(opening, 0.0) * 4.0, 1.0)
        face *= self._seam_shade(lips, box, (1.0 - 0.75 * parted) * (1.0 - 0.4 * max(-width, 0.0)))[..., None]
        face = self._round_light(face, lips, box, width)
        inner, mask = paint_inside(self.inside, lips, box, opening, teeth, tongue)
        result: Colours = face + mask[..., None] * (inner - face)
        return result

    def _held(self, box: Box) -> Points:
        """Points that only the jaw moves: around the rim, and the nose."""
        x, y, wide, high = self.box
        return np.vstack([_frame_points((x, y, wide, high), 6), self.points[[2, 97, 326], :2]])

    def _dropped(self, points: Points, drop: float) -> Points:
        """Where points of the resting face are once the jaw is `drop` pixels down."""
        shown = points.copy()
        for _ in range(12):
            at = shown.astype(np.float32)
            moved = cv2.remap(self.jaw, at[:, 0], at[:, 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            shown[:, 1] = points[:, 1] + drop * moved.ravel()
        return shown

    def _seam_shade(self, lips: Lips, box: Box, strength: float) -> Plane:
        """The dark line where the lips touch."""
        x, y, wide, high = box
        upper, lower = curve(lips.upper_inner), curve(lips.lower_inner)
        columns = np.arange(wide) + x
        over = np.interp(columns, upper[:, 0], upper[:, 1])
        under = np.interp(columns, lower[:, 0], lower[:, 1])
        line = ((over + under) / 2.0).astype(np.float32)
        place = np.abs(columns - lips.middle[0]) / (lips.width / 2.0)
        apart = np.exp(-(under - over) / (0.02 * self.unit))
        dark = (strength * self.seam * apart * (1.0 - smooth_step(0.86, 1.02, place.astype(np.float32)))).astype(np.float32)
        away = (np.arange(high, dtype=np.float32)[:, None] + y - line[None, :]) / (0.011 * self.unit)
        wide_away = away / 2.6
        shade = 0.75 * np.exp(-np.square(away)) + 0.25 * np.exp(-np.square(wide_away))
        return 1.0 - dark[None, :] * shade

    def _round_light(self, face: Colours, lips: Lips, box: Box, width: float) -> Colours:
        """Lips pushed forward catch light in their middle and throw a shadow below."""
        round_ = max(-width, 0.0)
        if round_ == 0.0:
            return face
        x, y, wide, high = box
        across = (np.arange(wide, dtype=np.float32)[None, :] + x - lips.middle[0]) / self.unit
        down = np.arange(high, dtype=np.float32)[:, None] + y

        def spot(at_y: float, tall: float, broad: float) -> Plane:
            return np.exp(-np.square(across / broad) - np.square((down - at_y) / (tall * self.unit))).astype(np.float32)

        lower = float(0.45 * lips.lower_inner[5, 1] + 0.55 * lips.lower_outer[5, 1])
        upper = float(0.5 * (lips.upper_inner[5, 1] + lips.upper_outer[5, 1]))
        under = float(lips.lower_outer[5, 1]) + 0.035 * self.unit
        light = 0.09 * spot(lower, 0.04, 0.14) + 0.06 * spot(upper, 0.035, 0.13) - 0.10 * spot(under, 0.035, 0.20)
        return face * (1.0 + round_ * light[..., None])


def mouth_box(points: Points, rest: Lips, unit: float) -> Box:
    """What the mouth changes before the jaw moves the picture: from below the nose to the chin."""
    x, y = rest.middle
    top, bottom = points[NOSE_BASE, 1] - 0.03 * unit, min(points[CHIN, 1] - 0.02 * unit, y + 0.66 * unit)
    half = int(0.80 * unit) // 4 * 4
    left, top = int(x - half) // 4 * 4, int(top) // 4 * 4
    return left, top, 2 * half, int(bottom - top) // 4 * 4


__all__ = ["MouthPainter", "blur", "close_mouth", "mouth_box", "npt", "replace"]
