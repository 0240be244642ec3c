"""A face without eyes and mouth, on its neck, before a room."""

import numpy as np

from tools.draw_avatar.curves import ellipse, mirrored, spline, stroke
from tools.draw_avatar.hair import draw_hair_before, draw_hair_behind, hair_shadow
from tools.draw_avatar.painting import Fade, Painting
from tools.draw_avatar.relief import light_face
from tools.draw_avatar.scene import draw_clothes, draw_neck, draw_pendant, draw_room

SIZE = 512
X = 256.0

_SHADE, _DEEP = "#B9674E", "#8E4636"
_HALF = (
    (0, 52), (54, 66), (82, 124), (88, 190), (88.5, 236), (85, 276), (75, 311), (58, 338), (38, 356.5), (20, 365.5),
    (8, 368.6), (0, 369),
)  # fmt: skip
FACE = spline(mirrored([(X + x, y) for x, y in _HALF], X), closed=True)


def draw_person() -> Painting:
    """The whole frame but for eyes and mouth."""
    painting = Painting(0, 0, SIZE, SIZE)
    draw_room(painting)
    draw_hair_behind(painting)
    draw_neck(painting)
    draw_pendant(painting)
    draw_clothes(painting)
    light_face(painting, FACE)
    _draw_skin(painting)
    _draw_nose(painting)
    _draw_brows(painting)
    draw_hair_before(painting)
    _draw_ear(painting)
    return painting


def _draw_skin(p: Painting) -> None:
    """What a lamp alone does not make of skin: the hair's shadow, blood below it, freckles."""
    inside = p.mask(FACE)
    p.paint(np.add(hair_shadow(), (6.0, 8.0)), _DEEP, 0.45, 5.0, inside)
    for side in (-1, 1):
        p.paint(ellipse(X + side * 55, 284, 24, 16), "#EC6F5E", 0.36, 11.0, inside)
        p.paint(ellipse(X + side * 42, 226, 32, 16), "#C0705C", 0.25, 8.0, inside)
    p.paint(ellipse(X, 274, 15, 10), "#EC7F68", 0.20, 6.0, inside)
    p.paint(ellipse(X, 358, 20, 9), "#EC8A70", 0.18, 6.0, inside)
    random = np.random.default_rng(7)
    for side in (-1, 1):
        for _ in range(18):
            u, v = random.normal(0.0, 0.45, 2)
            size = random.uniform(0.5, 1.0)
            p.paint(ellipse(X + side * (40 + 24 * u), 270 + 8 * v + 3 * u, size, size), "#A9583C", 0.26, 0.5)


def _draw_nose(p: Painting) -> None:
    cast = [(X - 10, 285), (X + 2, 288), (X + 15, 286), (X + 12, 293), (X + 2, 295), (X - 7, 292)]
    p.paint(spline(cast, closed=True), _DEEP, 0.24, 3.0)
    for side in (-1, 1):
        wing = spline([(X + side * 12.6, 269.5), (X + side * 15.2, 276), (X + side * 12.4, 282)])
        p.paint(stroke(wing, (0.4, 1.8, 0.7)), _DEEP, 0.24 if side < 0 else 0.36, 1.0)
        nostril = spline([(X + side * 3.6, 284.2), (X + side * 7.2, 282.4), (X + side * 11.2, 283.8)])
        p.paint(stroke(nostril, (0.5, 2.6, 0.9)), "#7A342B", 0.70, 0.7)
    p.paint(stroke(spline([(X - 4, 286), (X, 287.2), (X + 4, 286)]), (0.4, 1.4, 0.4)), _DEEP, 0.40, 0.9)
    p.paint(ellipse(X - 3.6, 267.5, 3.8, 2.8), "#FFE8CC", 0.80, 1.7)


def _draw_brows(p: Painting) -> None:
    random = np.random.default_rng(3)
    arch = ((18, 201.0), (33, 196.0), (51, 192.8), (65, 195.0), (79, 203.5))
    for side, lift in ((-1, -1.5), (1, 0.0)):
        line = spline([(X + side * x, y + lift) for x, y in arch], steps=30)
        p.paint(stroke(line, (4.5, 9.0, 8.4, 5.6, 1.0)), "#7A4430", 0.62, 1.8)
        for place in np.linspace(0.0, 0.96, 60):
            x, y = line[int(place * (len(line) - 1))]
            root = np.array((x, y + (2.6 - 2.2 * place) + random.normal(0.0, 0.8)))
            lean = 0.25 + 0.9 * place
            tip = np.add(root, (side * (1.0 + 6.5 * lean), -5.4 + 6.2 * place + random.normal(0.0, 0.5)))
            strength = 0.42 * min(1.0, 0.35 + 3.0 * place)
            p.paint(
                stroke(np.array([root, (root + tip) / 2 + (0, -0.5), tip]), (0.5, 1.2, 0.2)), "#4E271C", strength, 0.4
            )


def _draw_ear(p: Painting) -> None:
    """The ear that the hair is tucked behind, and a ring of gold in it."""
    rim = ((86, 236), (94, 224), (105, 223), (110, 236), (107, 254), (101, 269), (95, 280), (89, 281), (85, 271))
    ear = spline([(X + x, y) for x, y in rim], closed=True)
    p.paint(np.add(ear, (2.0, 2.0)), "#2A1210", 0.5, 3.0)
    p.paint(ear, Fade((X + 84, 230), (X + 110, 260), ("#EDB191", "#DE9E7E", "#C27A5E")), 1.0, 0.4)
    inside = p.mask(ear)
    fold = spline([(X + x, y) for x, y in ((90, 236), (97, 229), (103, 232), (103, 246), (97, 260))])
    p.paint(stroke(fold, (1, 3, 3, 3, 1)), _DEEP, 0.6, 1.2, inside)
    p.paint(ellipse(X + 93, 252, 5, 9), _DEEP, 0.55, 2.4, inside)
    p.paint(stroke(np.add(fold, (3.0, -2.0)), (0.5, 1.8, 1.8, 1.4, 0.5)), "#F8C6A2", 0.55, 0.9, inside)
    p.paint(ellipse(X + 84, 262, 4, 24), _DEEP, 0.45, 3.0, inside)
    ring = ellipse(X + 92.5, 288.0, 5.0, 7.2)
    p.paint(stroke(np.vstack([ring, ring[:2]]), (1.8, 1.8)), "#D9A04C", 1.0, 0.3)
    p.paint(stroke(ring[42:62], (0.3, 1.3, 0.3)), "#FFF0BF", 0.95, 0.3)
