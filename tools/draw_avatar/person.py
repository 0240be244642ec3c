"""Everything that holds still: background, clothes, hair, and a face without eyes and mouth."""

import numpy as np
from tools.draw_avatar.curves import ellipse, mirrored, spline, stroke
from tools.draw_avatar.painting import Fade, Glow, Painting

SIZE = 512
X = 256.0

_SKIN = "#EBB592"
_FACE = spline(
    mirrored(
        [
            (X, 100),
            (X + 52, 112),
            (X + 84, 160),
            (X + 91, 215),
            (X + 87, 262),
            (X + 73, 312),
            (X + 45, 352),
            (X + 20, 370),
            (X, 374),
        ],
        X,
    ),
    closed=True,
)


def draw_person() -> Painting:
    """The whole frame but for eyes and mouth."""
    painting = Painting(0, 0, SIZE, SIZE)
    _background(painting)
    _hair_behind(painting)
    _body(painting)
    _face(painting)
    _nose(painting)
    _hair_before(painting)
    _brows(painting)
    return painting


def _background(p: Painting) -> None:
    p.paint_all(
        Glow((X, 200), (380, 400), ("#DDECEA", "#BCD6DA", "#8FB3C2", "#7A9FB4")),
        np.ones(p.pixels.shape[:2], np.float32),
    )


def _body(p: Painting) -> None:
    neck = spline(mirrored([(X + 40, 330), (X + 39, 380), (X + 44, 415), (X + 60, 440)], X), closed=True)
    p.paint(neck, _SKIN)
    p.paint(ellipse(X, 372, 62, 34), "#B06F58", 0.75, 12, p.mask(neck))
    shoulders = spline(
        mirrored([(X, 436), (X + 50, 430), (X + 90, 440), (X + 150, 458), (X + 205, 490), (X + 225, 540)], X),
        closed=True,
    )
    p.paint(shoulders, Fade((0, 425), (0, 512), ("#E27D60", "#CC644C")))


def _face(p: Painting) -> None:
    p.paint(_FACE, Glow((X - 10, 235), (110, 160), ("#F4C5A4", "#EFBB98", "#E3A683", "#CF8D6D")))


def _nose(p: Painting) -> None:
    p.paint(ellipse(X, 282, 13, 5), "#B8705A", 0.5, 3)


def _hair_behind(p: Painting) -> None:
    p.paint(ellipse(X, 230, 140, 170), "#3B211D")


def _hair_before(p: Painting) -> None:
    p.paint(
        spline(
            [
                (X - 100, 240),
                (X - 70, 150),
                (X + 20, 120),
                (X + 70, 150),
                (X + 100, 240),
                (X + 110, 120),
                (X, 60),
                (X - 110, 120),
            ],
            closed=True,
        ),
        "#4A2A23",
    )


def _brows(p: Painting) -> None:
    for side in (-1, 1):
        line = spline([(X + side * 20, 205), (X + side * 42, 197), (X + side * 66, 205)])
        p.paint(stroke(line, (5, 6, 5, 1)), "#4A2A23", 0.9, 0.5)
