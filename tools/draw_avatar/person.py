"""A face without eyes and mouth, on its neck, before the background."""

import numpy as np

from tools.draw_avatar.curves import ellipse, mirrored, spline, stroke
from tools.draw_avatar.hair import draw_hair_before, draw_hair_behind, hair_outline
from tools.draw_avatar.painting import Fade, Glow, Painting

SIZE = 512
X = 256.0

_SHADE, _DEEP = "#C57A5F", "#A55C49"
_FACE = spline(
    mirrored(
        [
            (X, 96),
            (X + 50, 106),
            (X + 82, 152),
            (X + 89, 205),
            (X + 88, 255),
            (X + 81, 298),
            (X + 64, 335),
            (X + 38, 360),
            (X + 17, 369),
            (X, 371),
        ],
        X,
    ),
    closed=True,
)


def draw_person() -> Painting:
    """The whole frame but for eyes and mouth."""
    painting = Painting(0, 0, SIZE, SIZE)
    _draw_background(painting)
    draw_hair_behind(painting)
    _draw_neck(painting)
    _draw_clothes(painting)
    _draw_face(painting)
    _draw_nose(painting)
    _draw_brows(painting)
    draw_hair_before(painting)
    return painting


def _draw_background(p: Painting) -> None:
    everywhere = np.ones(p.pixels.shape[:2], np.float32)
    p.paint_all(Glow((X - 30, 170), (400, 430), ("#E6F1EC", "#C6DEDC", "#9DC2C6", "#80AAB4")), everywhere)
    for x, y, radius in ((436, 112, 74), (52, 330, 100), (482, 300, 42), (66, 84, 34)):
        p.paint(ellipse(x, y, radius, radius), "#FFFFFF", 0.09, 9.0)


def _draw_neck(p: Painting) -> None:
    neck = spline(
        mirrored(
            [(X + 36, 320), (X + 36, 375), (X + 40, 404), (X + 66, 418), (X + 96, 440), (X + 96, 470), (X, 480)], X
        ),
        closed=True,
    )
    p.paint(neck, Fade((X - 50, 0), (X + 50, 0), ("#E3A684", "#E0A07E", "#CE8768")))
    inside = p.mask(neck)
    p.paint(ellipse(X + 4, 366, 62, 30), _DEEP, 0.60, 7.0, inside)
    p.paint(ellipse(X + 8, 352, 60, 44), "#8E4A3C", 0.35, 12.0, inside)
    for side in (-1, 1):
        p.paint(
            stroke(spline([(X + side * 30, 385), (X + side * 20, 415), (X + side * 7, 436)]), (1, 5, 2)),
            _SHADE,
            0.35,
            3.0,
            inside,
        )
        p.paint(
            stroke(spline([(X + side * 10, 441), (X + side * 40, 432), (X + side * 80, 436)]), (2, 4, 1)),
            "#F6CBAA",
            0.5,
            2.0,
            inside,
        )


def _draw_clothes(p: Painting) -> None:
    body = spline(
        [
            (X - 62, 418),
            (X - 100, 428),
            (X - 150, 446),
            (X - 190, 470),
            (X - 214, 508),
            (X - 224, 560),
            (X + 224, 560),
            (X + 214, 508),
            (X + 190, 470),
            (X + 150, 446),
            (X + 100, 428),
            (X + 62, 418),
            (X + 48, 440),
            (X + 24, 455),
            (X, 459),
            (X - 24, 455),
            (X - 48, 440),
        ],
        closed=True,
    )
    p.paint(np.add(body, (0.0, -2.0)), "#7C3F36", 0.35, 4.0)
    p.paint(body, Fade((X - 180, 420), (X + 180, 520), ("#F0A04B", "#E98F3F", "#D67A35", "#B9602C")))
    inside = p.mask(body)
    for side, depth in ((-1, 0.28), (1, 0.4)):
        fold = spline([(X + side * 128, 452), (X + side * 142, 490), (X + side * 138, 530)])
        p.paint(stroke(fold, (2, 9, 12)), "#8F4522", depth, 5.0, inside)
        p.paint(stroke(np.add(fold, (-side * 12.0, 2.0)), (1, 6, 8)), "#FFC98A", 0.25, 4.0, inside)
        fold = spline([(X + side * 70, 452), (X + side * 84, 480), (X + side * 90, 520)])
        p.paint(stroke(fold, (1, 4, 7)), "#8F4522", 0.2, 4.0, inside)
    p.paint(ellipse(X, 470, 80, 20), "#8F4522", 0.25, 9.0, inside)
    collar = spline(
        [(X - 62, 417), (X - 48, 439), (X - 24, 454), (X, 458), (X + 24, 454), (X + 48, 439), (X + 62, 417)], steps=40
    )
    p.paint(stroke(np.add(collar, (0.0, 7.5)), (15, 15, 15)), "#8F4522", 0.35, 3.0, inside)
    band = stroke(np.add(collar, (0.0, 4.0)), (12, 13, 13, 13, 12))
    p.paint(band, Fade((X - 60, 420), (X + 60, 460), ("#F7B566", "#EE9B4A", "#CF7835")), 1.0, 0.5)
    ribs = p.mask(band)
    for i in range(4, len(collar) - 4, 4):
        x, y = collar[i]
        rib = np.array([(x + (x - X) * 0.02, y - 3.0), (x + (x - X) * 0.06, y + 11.0)])
        p.paint(stroke(rib, (1.1, 1.1)), "#A9581F", 0.45, 0.4, ribs)
    p.paint(stroke(np.add(collar, (0.0, -1.0)), (1.5, 2.0, 1.5)), "#FFD9A3", 0.6, 0.6, ribs)


def _draw_face(p: Painting) -> None:
    p.paint(_FACE, Glow((X - 16, 225), (120, 165), ("#F7CBAA", "#F2C09D", "#EBB08C", "#DC9975", "#C98263")), blur=0.25)
    inside = p.mask(_FACE)
    p.paint(np.add(hair_outline(), (5.0, 9.0)), _DEEP, 0.55, 6.0, inside)
    p.paint(ellipse(X + 92, 270, 22, 110), _SHADE, 0.45, 14.0, inside)
    p.paint(ellipse(X - 94, 285, 12, 90), _SHADE, 0.25, 10.0, inside)
    for side in (-1, 1):
        p.paint(ellipse(X + side * 44, 236, 36, 24), "#D58C6E", 0.20, 9.0, inside)
        p.paint(ellipse(X + side * 57, 287, 24, 16), "#EC7F70", 0.42, 11.0, inside)
        p.paint(ellipse(X + side * 58 - 4, 270, 17, 7), "#FFE3CB", 0.40, 6.0, inside)
        fold = spline([(X + side * 22, 283), (X + side * 35, 294), (X + side * 42, 308)])
        p.paint(stroke(fold, (1.0, 3.0, 1.0)), _DEEP, 0.13, 2.2, inside)
    p.paint(ellipse(X - 12, 168, 46, 26), "#FFE3CB", 0.35, 16.0, inside)
    p.paint(ellipse(X - 3, 356, 18, 7), "#FFDFC6", 0.45, 6.0, inside)
    p.paint(ellipse(X, 374, 50, 8), _SHADE, 0.40, 6.0, inside)


def _draw_nose(p: Painting) -> None:
    bridge = spline([(X + 17, 212), (X + 10, 235), (X + 10, 258), (X + 16, 276)])
    p.paint(stroke(bridge, (8, 6, 5, 8)), _SHADE, 0.26, 4.0)
    p.paint(ellipse(X - 19, 216, 6, 9), _SHADE, 0.28, 5.0)
    p.paint(stroke(spline([(X - 3, 215), (X - 2, 245), (X - 2, 268)]), (7, 5, 7)), "#FFE6D2", 0.50, 3.0)
    p.paint(ellipse(X, 275, 15, 11), "#EE9C80", 0.35, 5.0)
    p.paint(ellipse(X + 1, 287, 14, 4.2), _DEEP, 0.42, 2.8)
    for side in (-1, 1):
        wing = spline([(X + side * 15.5, 271), (X + side * 18.5, 278), (X + side * 15.5, 285)])
        p.paint(stroke(wing, (0.5, 2.2, 0.8)), _DEEP, 0.45, 1.0)
        nostril = spline([(X + side * 4.5, 286.2), (X + side * 8.5, 284.2), (X + side * 12.5, 286.2)])
        p.paint(stroke(nostril, (0.8, 3.2, 1.0)), "#7C3A33", 0.75, 0.6)
    p.paint(ellipse(X - 3, 272, 5.5, 4.0), "#FFF1E4", 0.75, 2.2)
    random = np.random.default_rng(7)
    for side in (-1, 1):
        for _ in range(20):
            u, v = random.uniform(-1.0, 1.0, 2)
            size = random.uniform(0.6, 1.1)
            p.paint(ellipse(X + side * (42 + 24 * u), 271 + 9 * v + 3 * u, size, size), "#B46A4C", 0.28, 0.4)


def _draw_brows(p: Painting) -> None:
    random = np.random.default_rng(3)
    for side in (-1, 1):
        line = spline(
            [(X + side * 20, 202), (X + side * 38, 196.5), (X + side * 58, 195.5), (X + side * 77, 204)], steps=30
        )
        body = stroke(line, (5.0, 8.0, 7.5, 5.5, 1.0))
        p.paint(body, "#5A3326", 0.70, 0.9)
        for place in np.linspace(0.02, 0.93, 34):
            i = int(place * (len(line) - 1))
            x, y = line[i]
            lean = 0.3 + 0.7 * place
            root = (x, y + 2.6 * (1 - place) + random.normal(0, 0.5))
            tip = (x + side * (2 + 6 * lean), y - 3.6 + 3.4 * place + random.normal(0, 0.5))
            p.paint(stroke(np.array([root, tip]), (1.2, 0.3)), "#3E2119", 0.6, 0.25)
