"""The eyes: open and looking somewhere, or with the lids on their way down."""

import numpy as np

from tools.draw_avatar.curves import Path, ellipse, spline, stroke
from tools.draw_avatar.painting import Fade, Glow, Painting, Plane

CENTRE_X, CENTRE_Y, APART = 256.0, 238.0, 41.5
BOX = (168, 204, 176, 64)
"""What a tile covers, in frame pixels: x, y, width, height."""

_LASH, _CREASE_TONE = "#33191A", "#8E4A38"
_SIZE = 1.22
_UPPER = ((-23.5, 5.6), (-18.5, -2.0), (-9.5, -9.8), (2.0, -12.2), (13.5, -9.8), (24.5, 0.2))
_LOWER = ((-23.5, 5.6), (-14.0, 9.8), (-1.0, 11.4), (12.5, 9.0), (24.5, 0.2))
_SHUT = ((-23.5, 5.6), (-17.5, 8.6), (-7.0, 11.6), (4.0, 12.2), (14.5, 9.8), (24.5, 2.6))
_CREASE = ((-17.0, -9.0), (-8.5, -15.8), (3.0, -18.4), (14.0, -15.6), (24.5, -7.0))

Curve = tuple[tuple[float, float], ...]


def _curve(side: int, points: Curve, shift: float = 0.0) -> Path:
    """A curve given from the eye's centre, x outwards, for the eye on this `side` of the picture."""
    return spline([(CENTRE_X + side * (APART + _SIZE * x), CENTRE_Y + _SIZE * y + shift) for x, y in points])


def draw_eyes(painting: Painting, across: float, down: float) -> None:
    """Paint both open eyes, looking aside by `across` (-1 to 1, to the picture's right) and `down` (-1 to 1)."""
    for side in (-1, 1):
        _draw_eye(painting, side, 4.4 * across, 2.6 * down)


def _draw_eye(painting: Painting, side: int, dx: float, dy: float) -> None:
    x, y = CENTRE_X + side * APART, CENTRE_Y
    upper, lower = _curve(side, _UPPER), _curve(side, _LOWER)
    opening = np.vstack([upper, lower[::-1]])
    painting.paint(_curve(side, _LOWER, 3.5), "#A85F4C", 0.20, 2.6)
    painting.paint(opening, "#7A4034", 0.35, 1.4)
    painting.paint(opening, Glow((x - 3, y + 2), (33, 17), ("#FFFCF7", "#FAF1EA", "#E0C8C0", "#C79F96")), blur=0.3)
    inside = painting.mask(opening, 0.2)
    _draw_iris(painting, x + side * 0.4 + dx, y - 0.2 + dy, inside)
    painting.paint(stroke(_curve(side, _UPPER, 3.0), (4, 9, 11, 9, 4)), "#4A2426", 0.46, 2.2, inside)
    _draw_shine(painting, x + 0.5 * dx, y + 0.5 * dy, inside)
    painting.paint(ellipse(x - side * 27.0, y + 6.4, 3.6, 2.6), "#E79A8C", 0.85, 0.8, inside)
    painting.paint(stroke(np.add(lower, (0.0, -0.9))[12:-6], (0.3, 1.2, 1.5, 1.2, 0.3)), "#F6C9B4", 0.75, 0.6, inside)
    painting.paint(stroke(np.add(lower, (0.0, 0.7))[14:-2], (0.2, 0.7, 1.0, 1.5, 1.2)), "#6B3026", 0.55, 0.5)
    _draw_lower_lashes(painting, side, lower)
    _draw_lashes(painting, side, _UPPER, lift=1.0)
    _draw_crease(painting, side, 0.70)


def _draw_iris(painting: Painting, x: float, y: float, inside: Plane) -> None:
    painting.paint(ellipse(x, y, 17.2, 17.2), "#1F2C25", 0.95, 0.9, inside)
    painting.paint(
        ellipse(x, y, 15.9, 15.9), Fade((0, y - 14), (0, y + 14), ("#1F3A31", "#3F7358", "#8FBF7C")), 1.0, 0.7, inside
    )
    for ray in range(44):
        angle = 2.0 * np.pi * ray / 44 + 0.07 * np.sin(7.3 * ray)
        line = np.array([(x + r * np.cos(angle), y + r * np.sin(angle)) for r in (7.4, 11.0, 15.0)])
        painting.paint(stroke(line, (0.4, 0.9, 0.2)), "#D5E6A0" if ray % 2 else "#1F3A31", 0.24, 0.3, inside)
    painting.paint(ellipse(x, y + 8.2, 10.2, 5.4), "#D9EFA4", 0.55, 2.4, inside)
    painting.paint(ellipse(x, y, 9.6, 9.6), "#A5742E", 0.45, 1.8, inside)
    painting.paint(ellipse(x, y, 7.4, 7.4), "#0F0B0C", 1.0, 0.6, inside)


def _draw_shine(painting: Painting, x: float, y: float, inside: Plane) -> None:
    """The lamp and the room, mirrored."""
    painting.paint(ellipse(x - 5.4, y - 4.6, 4.6, 4.0, -0.5), "#FFFFFF", 0.97, 0.4, inside)
    painting.paint(ellipse(x + 0.6, y - 7.6, 1.5, 1.2), "#FFFFFF", 0.7, 0.4, inside)
    painting.paint(ellipse(x + 5.6, y + 5.8, 2.4, 1.8, -0.7), "#FFF3DC", 0.6, 0.6, inside)


def _draw_crease(painting: Painting, side: int, strength: float) -> None:
    line = _curve(side, _CREASE)
    painting.paint(stroke(np.add(line, (0.0, 2.0)), (0.5, 4.0, 5.0, 5.0, 1.5)), _CREASE_TONE, 0.22 * strength, 2.0)
    painting.paint(stroke(line, (0.2, 1.2, 1.5, 1.4, 0.3)), _CREASE_TONE, strength, 0.6)


def _draw_lower_lashes(painting: Painting, side: int, lower: Path) -> None:
    for place in (0.62, 0.70, 0.78, 0.86, 0.93):
        root = lower[round(place * (len(lower) - 1))]
        tip = np.add(root, (side * 3.0 * place, 3.2))
        painting.paint(
            stroke(np.array([root, (root + tip) / 2.0 + (side * 0.2, 0.4), tip]), (0.8, 0.5, 0.1)), _LASH, 0.35, 0.3
        )


def _draw_lashes(painting: Painting, side: int, lid: Curve, lift: float) -> None:
    """The dark line along the upper lid's edge and the lashes that grow from it, `lift` 1 up to -1 down."""
    line = _curve(side, lid)
    painting.paint(stroke(np.add(line, (0.0, -0.4)), (0.3, 1.4, 2.3, 2.8, 3.3, 2.0)), _LASH, 1.0, 0.4)
    for place, length in ((0.72, 3.6), (0.81, 4.8), (0.89, 6.0), (0.96, 7.0), (1.0, 7.4)):
        root = line[round(place * (len(line) - 1))] - (side * 0.8, 0.2)
        out = 0.25 + 0.75 * place**3
        tip = np.add(root, (side * length * out, -lift * length * (1.05 - 0.62 * place)))
        bend = (root + tip) / 2.0 + (side * 0.9, lift * 0.9)
        painting.paint(stroke(spline([tuple(root), tuple(bend), tuple(tip)]), (2.2, 1.4, 0.2)), _LASH, 1.0, 0.35)


def draw_lids(painting: Painting, closed: float) -> None:
    """Paint what covers open eyes when the upper lids are `closed`, 0 to 1; nothing at 0."""
    if closed <= 0.0:
        return
    shut_x, shut_y = zip(*_SHUT, strict=True)
    edge_points = tuple((x, y + closed * (float(np.interp(x, shut_x, shut_y)) - y)) for x, y in _UPPER)
    for side, tones in ((-1, ("#DEA98B", "#F3C2A1", "#E8AF90")), (1, ("#D69A7D", "#EAB393", "#DA9C7E"))):
        edge = _curve(side, edge_points)
        roof = _curve(side, tuple((x * 1.05, y - 5.0) for x, y in _UPPER))
        lid = np.vstack([roof, edge[::-1]])
        painting.paint(lid, Fade((0, CENTRE_Y - 20.0), (0, edge[:, 1].max()), tones), 1.0, 1.2)
        inside = painting.mask(lid)
        painting.paint(stroke(np.add(edge, (0.0, -1.0)), (1.0, 5.0, 6.0, 5.0, 2.0)), "#9A523F", 0.45, 1.8, inside)
        middle = CENTRE_X + side * APART - 3.0
        painting.paint(ellipse(middle, edge[:, 1].max() - 12.0, 13.0, 4.5), "#FFDDBF", 0.55 * closed, 3.5, inside)
        _draw_crease(painting, side, 0.70 - 0.25 * closed)
        _draw_lashes(painting, side, edge_points, lift=1.0 - 1.7 * closed)
