"""The eyes: open and looking somewhere, or with the lids on their way down."""

import numpy as np

from tools.draw_avatar.curves import Path, ellipse, spline, stroke
from tools.draw_avatar.painting import Fade, Glow, Painting, Plane

CENTRE_X, CENTRE_Y, APART = 256.0, 237.0, 42.0
BOX = (170, 204, 172, 62)
"""What a tile covers, in frame pixels: x, y, width, height."""

_LASH = "#35201C"
_SIZE = 1.18
_UPPER = ((-25.0, 6.0), (-19.5, -2.0), (-9.0, -9.8), (3.0, -12.2), (15.0, -9.2), (26.0, 0.5))
_LOWER = ((-25.0, 6.0), (-15.0, 10.5), (0.0, 12.8), (14.0, 10.6), (26.0, 0.5))
_SHUT = ((-25.0, 6.0), (-18.0, 9.2), (-7.0, 12.0), (4.0, 12.8), (15.0, 10.2), (26.0, 2.5))
_CREASE = ((-18.0, -8.5), (-8.0, -16.0), (4.0, -18.6), (15.0, -15.2), (25.0, -6.5))

Curve = tuple[tuple[float, float], ...]


def _curve(side: int, points: Curve, shift: float = 0.0) -> Path:
    """A curve given from the eye's centre, x outwards, for the eye on this `side` of the picture."""
    return spline([(CENTRE_X + side * (APART + _SIZE * x), CENTRE_Y + _SIZE * y + shift) for x, y in points])


def draw_eyes(painting: Painting, across: float, down: float) -> None:
    """Paint both open eyes, looking aside by `across` (-1 to 1, to the picture's right) and `down` (-1 to 1)."""
    for side in (-1, 1):
        _draw_eye(painting, side, 4.2 * across, 2.4 * down)


def _draw_eye(painting: Painting, side: int, dx: float, dy: float) -> None:
    x, y = CENTRE_X + side * APART, CENTRE_Y
    upper, lower = _curve(side, _UPPER), _curve(side, _LOWER)
    opening = np.vstack([upper, lower[::-1]])
    painting.paint(_curve(side, _LOWER, 3.0), "#B8705A", 0.22, 2.4)
    painting.paint(opening, Glow((x, y), (33, 20), ("#FFFDFB", "#FBF5F1", "#E6D6D1")))
    inside = painting.mask(opening)
    _draw_iris(painting, x + side * 0.6 + dx, y + 0.2 + dy, inside)
    painting.paint(stroke(_curve(side, _UPPER, 2.5), (4, 9, 10, 8, 4)), "#4A2A2C", 0.40, 2.2, inside)
    for shine_x, shine_y, size, strength in ((-5.6, -5.4, 4.4, 0.97), (5.4, 5.6, 2.1, 0.7)):
        at = (x + 0.6 * dx + shine_x, y + 0.6 * dy + shine_y)
        painting.paint(ellipse(*at, size, 0.92 * size), "#FFFFFF", strength, 0.35, inside)
    painting.paint(ellipse(x - side * 26.4, y + 6.4, 3.4, 2.4), "#E59A8C", 0.8, 0.8, inside)
    painting.paint(stroke(lower[10:-4], (0.3, 0.9, 1.2, 1.3, 0.6)), "#8A4A3E", 0.6, 0.4)
    _draw_lashes(painting, side, _UPPER, lift=1.0)
    _draw_crease(painting, side, 0.65)


def _draw_iris(painting: Painting, x: float, y: float, inside: Plane) -> None:
    painting.paint(ellipse(x, y, 16.8, 16.8), "#26352B", 1.0, 0.6, inside)
    fade = Fade((0, y - 15), (0, y + 15), ("#2B4436", "#4F7757", "#A5C285"))
    painting.paint(ellipse(x, y, 15.4, 15.4), fade, 1.0, 0.6, inside)
    for ray in range(40):
        angle = 2.0 * np.pi * ray / 40 + 0.06 * np.sin(7.3 * ray)
        line = np.array([(x + r * np.cos(angle), y + r * np.sin(angle)) for r in (7.4, 10.6, 14.4)])
        painting.paint(stroke(line, (0.3, 0.8, 0.2)), "#DCE8A6" if ray % 2 else "#2C4433", 0.26, 0.2, inside)
    painting.paint(ellipse(x, y + 7.0, 9.5, 5.5), "#D3E39C", 0.45, 2.4, inside)
    painting.paint(ellipse(x, y, 8.0, 8.0), "#5B4A2A", 0.35, 1.4, inside)
    painting.paint(ellipse(x, y, 7.2, 7.2), "#130E0F", 1.0, 0.5, inside)


def _draw_crease(painting: Painting, side: int, strength: float) -> None:
    painting.paint(stroke(_curve(side, _CREASE), (0.3, 1.3, 1.6, 1.3, 0.3)), "#A05A48", strength, 0.6)


def _draw_lashes(painting: Painting, side: int, lid: Curve, lift: float) -> None:
    """The dark line along the upper lid's edge and the lashes at its outer end, `lift` 1 up to -1 down."""
    line = _curve(side, lid)
    painting.paint(stroke(line, (0.5, 1.9, 2.8, 3.2, 3.6, 2.2)), _LASH, 1.0, 0.35)
    for place, length in ((0.80, 5.0), (0.90, 6.5), (1.0, 7.5)):
        root = line[round(place * (len(line) - 1))] - (side * 1.0, 0.0)
        tip = np.add(root, (side * length * 0.9, -lift * length * 0.55 * (1.5 - 0.8 * place)))
        bend = np.add((root + tip) / 2.0, (side * 0.6, lift * 1.2))
        painting.paint(stroke(spline([tuple(root), tuple(bend), tuple(tip)]), (2.8, 1.7, 0.3)), _LASH, 1.0, 0.3)


def draw_lids(painting: Painting, closed: float) -> None:
    """Paint what covers open eyes when the upper lids are `closed`, 0 to 1; nothing at 0."""
    if closed <= 0.0:
        return
    shut_x, shut_y = zip(*_SHUT, strict=True)
    edge_points = tuple((x, y + closed * (float(np.interp(x, shut_x, shut_y)) - y)) for x, y in _UPPER)
    for side in (-1, 1):
        edge = _curve(side, edge_points)
        roof = _curve(side, tuple((x * 1.06, y - 5.5) for x, y in _UPPER))
        lid = np.vstack([roof, edge[::-1]])
        top = CENTRE_Y - 22.0
        painting.paint(lid, Fade((0, top), (0, edge[:, 1].max()), ("#E8B08F", "#DDA081", "#D8947A")), 1.0, 0.7)
        painting.paint(stroke(edge, (1.0, 5.0, 6.0, 5.0, 2.0)), "#B87360", 0.5, 1.6, painting.mask(lid))
        _draw_crease(painting, side, 0.65 - 0.35 * closed)
        _draw_lashes(painting, side, edge_points, lift=1.0 - 1.7 * closed)
