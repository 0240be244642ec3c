"""What is around the face: a bright room, out of focus, a neck and a pullover."""

import numpy as np

from tools.draw_avatar.curves import Path, ellipse, mirrored, spline, stroke
from tools.draw_avatar.painting import Fade, Glow, Painting, Plane

X = 256.0
_DEEP = "#8E4636"
_WOOL, _WOOL_DARK, _WOOL_LIGHT = "#2E6E6B", "#173F42", "#64A79B"


def draw_room(p: Painting) -> None:
    """A wall in warm light from the left, and a plant, both blurred as by a lens."""
    everywhere = np.ones(p.pixels.shape[:2], np.float32)
    p.paint_all(Glow((110, 90), (520, 560), ("#FBF1E3", "#F2E0CB", "#E0C6AD", "#C7A78D")), everywhere)
    for x in (-40, 60):
        beam = np.array([(x + 30, -20), (x + 100, -20), (x + 300, 540), (x + 190, 540)], float)
        p.paint(beam, "#FFF8EC", 0.28, 16.0)
    random = np.random.default_rng(2)
    for angle in np.linspace(-2.5, -0.7, 13)[random.permutation(13)]:
        length = random.uniform(150.0, 250.0)
        tip = (480 + length * np.cos(angle), 560 + length * 1.25 * np.sin(angle))
        bend = (480 + 0.5 * length * np.cos(angle - 0.3), 560 + 0.7 * length * np.sin(angle))
        tint = ("#7F9C80", "#92AC8B", "#6C8C78", "#A6BA97")[random.integers(4)]
        p.paint(stroke(spline([(480.0, 560.0), bend, tip]), (4, 20, 28, 18, 2)), tint, 0.55, 7.0)
    for x, y, radius, strength in ((42, 150, 30, 0.22), (88, 236, 20, 0.18), (30, 270, 24, 0.16)):
        p.paint(ellipse(x, y, radius, radius), "#FFF6E2", strength, 4.0)


def neck_outline() -> Path:
    """The outline of the neck and of what the pullover leaves bare."""
    right = [(42, 310), (42, 370), (46, 398), (72, 418), (120, 436), (120, 480), (0, 490)]
    return spline(mirrored([(X + x, y) for x, y in right], X), closed=True)


def draw_neck(p: Painting) -> None:
    """The neck, the shadow of the chin on it, and the collar bones."""
    neck = neck_outline()
    p.paint(neck, Fade((X - 60, 0), (X + 60, 0), ("#F1BB98", "#EBB08C", "#D69776", "#B8755A")), blur=0.4)
    inside = p.mask(neck)
    p.paint(
        spline([(X - 50, 330), (X - 40, 378), (X, 404), (X + 30, 412), (X + 60, 400), (X + 60, 330)], closed=True),
        _DEEP,
        0.50,
        8.0,
        inside,
    )
    p.paint(ellipse(X + 4, 362, 56, 26), "#7A3529", 0.40, 9.0, inside)
    p.paint(ellipse(X + 46, 380, 18, 60), _DEEP, 0.45, 9.0, inside)
    p.paint(stroke(spline([(X - 30, 395), (X - 18, 420), (X - 6, 442)]), (1, 5, 3)), _DEEP, 0.22, 3.0, inside)
    p.paint(stroke(spline([(X + 32, 392), (X + 20, 420), (X + 8, 442)]), (1, 6, 3)), _DEEP, 0.30, 3.0, inside)
    p.paint(ellipse(X, 446, 8, 8), _DEEP, 0.22, 4.0, inside)
    for side in (-1, 1):
        bone = spline([(X + side * 12, 447), (X + side * 44, 441), (X + side * 92, 428)])
        p.paint(stroke(np.add(bone, (0.0, 5.0)), (1, 6, 3)), _DEEP, 0.24, 3.0, inside)
        p.paint(stroke(bone, (1, 5, 2)), "#FBD3B2", 0.5 if side < 0 else 0.3, 2.2, inside)


_NECKLINE = tuple(
    (X + x, y) for x, y in ((-98, 428), (-72, 449), (-36, 464), (0, 468), (36, 464), (72, 449), (98, 428))
)
_SHOULDER = ((128, 437), (164, 453), (194, 480), (210, 518), (218, 570))


def clothes_outline() -> Path:
    """The outline of the pullover; it goes on below the frame."""
    right = [(X + x, y) for x, y in _SHOULDER]
    left = [(X - x, y) for x, y in reversed(_SHOULDER)]
    return spline([*_NECKLINE, *right, *left], closed=True)


def draw_clothes(p: Painting) -> None:
    """A knitted pullover with a wide neck."""
    body = clothes_outline()
    p.paint(np.add(body, (2.0, -2.5)), "#7A3529", 0.35, 4.0)
    p.paint(body, Fade((X - 200, 410), (X + 200, 540), ("#4C9088", "#377B75", _WOOL, "#20555A", _WOOL_DARK)), blur=0.4)
    inside = p.mask(body)
    _draw_knit(p, inside)
    for side, shift in ((-1, 0.30), (1, 0.45)):
        fold = spline([(X + side * 132, 448), (X + side * 150, 488), (X + side * 148, 540)])
        p.paint(stroke(fold, (2, 10, 14)), _WOOL_DARK, shift, 6.0, inside)
        p.paint(stroke(np.add(fold, (-14.0, 0.0)), (1, 6, 9)), _WOOL_LIGHT, 0.25, 5.0, inside)
    collar = spline(_NECKLINE, steps=40)
    band = stroke(np.add(collar, (0.0, 5.0)), (14, 15, 15, 15, 14))
    p.paint(np.add(band, (0.0, 5.0)), _WOOL_DARK, 0.5, 4.0, inside)
    p.paint(band, Fade((X - 90, 430), (X + 90, 460), ("#5FA398", "#458A82", "#2E6B69", "#215358")), 1.0, 0.5)
    ribs = p.mask(band)
    for i in range(2, len(collar) - 2, 4):
        x, y = collar[i]
        lean = (x - X) * 0.05
        p.paint(stroke(np.array([(x, y - 3.0), (x - lean, y + 13.0)]), (1.3, 1.3)), _WOOL_DARK, 0.35, 0.5, ribs)
    p.paint(stroke(np.add(collar, (0.0, -1.2)), (1.2, 2.0, 1.2)), "#9CCFC0", 0.55, 0.7, ribs)


def _draw_knit(p: Painting, inside: Plane) -> None:
    for column in range(-36, 37):
        line = spline([(X + 6.2 * column * (0.86 + 0.14 * (y - 430) / 80), y) for y in (426.0, 470.0, 515.0)])
        p.paint(stroke(line, (1.6, 1.8, 2.0)), _WOOL_DARK, 0.12, 0.8, inside)


def draw_pendant(p: Painting) -> None:
    """A thin chain and a small drop of gold."""
    chain = spline([(X + x, y) for x, y in ((-52, 404), (-34, 434), (0, 451), (34, 434), (52, 404))])
    p.paint(np.add(stroke(chain, (0.8, 0.9, 0.8)), (0.6, 1.2)), "#7A3529", 0.35, 0.8)
    p.paint(stroke(chain, (0.8, 0.9, 0.8)), "#E9C37A", 0.9, 0.3)
    p.paint(ellipse(X, 454.5, 3.0, 3.6), "#C8923F", 1.0, 0.3)
    p.paint(ellipse(X - 0.8, 453.6, 1.2, 1.4), "#FFF3C9", 0.9, 0.4)
