"""The eyes: open and looking somewhere, or with the lids on their way down."""

import numpy as np
from tools.draw_avatar.curves import Path, ellipse, spline, stroke
from tools.draw_avatar.painting import Fade, Glow, Painting

CENTRE_X, CENTRE_Y, APART = 256.0, 237.0, 42.0
BOX = (176, 206, 160, 60)
"""What a tile covers, in frame pixels: x, y, width, height."""

_LASH = "#2B1614"
_UPPER = ((-25.0, 5.0), (-19.0, -5.0), (-8.0, -13.5), (4.0, -15.5), (16.0, -11.0), (27.0, -1.0))
_LOWER = ((-25.0, 5.0), (-15.0, 10.0), (0.0, 13.0), (14.0, 10.5), (27.0, -1.0))
_SHUT = ((-25.0, 5.0), (-18.0, 8.5), (-7.0, 11.6), (4.0, 12.6), (15.0, 9.8), (27.0, 1.0))


def _curve(side: int, points: tuple[tuple[float, float], ...], shift: float = 0.0) -> Path:
    return spline([(CENTRE_X + side * (APART + x), CENTRE_Y + y + shift) for x, y in points])


def draw_eyes(painting: Painting, across: float, down: float) -> None:
    """Paint both open eyes, looking aside by `across` (-1 to 1, to the picture's right) and `down` (-1 to 1)."""
    for side in (-1, 1):
        _draw_eye(painting, side, 4.2 * across, 2.4 * down)


def _draw_eye(painting: Painting, side: int, dx: float, dy: float) -> None:
    x, y = CENTRE_X + side * APART, CENTRE_Y
    upper, lower = _curve(side, _UPPER), _curve(side, _LOWER)
    opening = np.vstack([upper, lower[::-1]])
    painting.paint(_curve(side, _LOWER, 2.0), "#B8705A", 0.25, 2.0)
    painting.paint(opening, Glow((x, y), (30, 18), ("#FFFDFB", "#FBF5F1", "#E3D5D2")))
    inside = painting.mask(opening)
    ix, iy = x + side * 1.0 + dx, y - 1.0 + dy
    painting.paint(ellipse(ix, iy, 14.2, 14.2), "#2C3A2E", 1.0, 0.5, inside)
    painting.paint(
        ellipse(ix, iy, 13.2, 13.2),
        Fade((0, iy - 13), (0, iy + 13), ("#2F4A3A", "#4F7A58", "#9DBE7C")),
        1.0,
        0.4,
        inside,
    )
    for i in range(36):
        angle = i * 2 * np.pi / 36 + 0.05 * np.sin(i * 7.3)
        c, s = np.cos(angle), np.sin(angle)
        ray = np.array([(ix + r * c, iy + r * s) for r in (6.5, 9.0, 12.2)])
        painting.paint(stroke(ray, (0.3, 0.7, 0.2)), "#DCE8A6" if i % 2 else "#2C4433", 0.35, 0.15, inside)
    painting.paint(ellipse(ix, iy + 5.5, 8.5, 5.5), "#CFE09A", 0.45, 2.2, inside)
    painting.paint(ellipse(ix, iy, 6.3, 6.3), "#120D0E", 1.0, 0.4, inside)
    painting.paint(stroke(_curve(side, _UPPER, 2.5), (4, 9, 9, 8, 4)), "#4A2A2C", 0.42, 2.2, inside)
    painting.paint(ellipse(ix - 4.6, iy - 5.0, 3.9, 3.6), "#FFFFFF", 0.97, 0.35, inside)
    painting.paint(ellipse(ix + 4.8, iy + 5.0, 1.8, 1.6), "#FFFFFF", 0.75, 0.4, inside)
    painting.paint(ellipse(x - side * 22.5, y + 4.6, 3.2, 2.4), "#E59A8C", 0.8, 0.8, inside)
    painting.paint(stroke(lower[8:-2], (0.4, 0.9, 1.3, 1.5)), "#8A4A3E", 0.7, 0.35)
    _draw_lashes(painting, side, _UPPER, lift=1.0)
    crease = _curve(side, tuple((px * 0.96 + 0.5, py - 6.0 - 0.08 * abs(px - 2)) for px, py in _UPPER[1:-1]))
    painting.paint(stroke(crease, (0.4, 1.5, 1.6, 1.2, 0.4)), "#A05A48", 0.7, 0.5)


def _draw_lashes(painting: Painting, side: int, lid: tuple[tuple[float, float], ...], lift: float) -> None:
    """The dark line along the upper lid's edge and the lashes at its outer end, `lift` 1 up to -1 down."""
    line = _curve(side, lid)
    painting.paint(stroke(line, (0.8, 2.6, 3.6, 4.0, 4.2, 2.2)), _LASH, 1.0, 0.3)
    for place, length in ((0.66, 5.0), (0.78, 6.5), (0.89, 7.5), (1.0, 8.0)):
        root = line[round(place * (len(line) - 1))]
        reach = 0.35 + 0.65 * place
        tip = np.add(root, (side * length * reach, -lift * length * 0.62 * (1.25 - 0.55 * place)))
        bend = np.add((root + tip) / 2, (side * 0.8, lift * 1.2))
        painting.paint(stroke(spline([tuple(root), tuple(bend), tuple(tip)]), (2.4, 1.6, 0.3)), _LASH, 1.0, 0.25)


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
        crease = _curve(side, tuple((px * 0.96 + 0.5, py - 6.0 - 0.08 * abs(px - 2)) for px, py in _UPPER[1:-1]))
        painting.paint(stroke(crease, (0.4, 1.3, 1.4, 1.0, 0.4)), "#A86450", 0.7 - 0.4 * closed, 0.6)
        _draw_lashes(painting, side, edge_points, lift=1.0 - 1.7 * closed)
