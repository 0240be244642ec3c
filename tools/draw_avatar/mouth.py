"""The mouth in any state, as it looks before the jaw's motion pulls it down."""

from tools.draw_avatar.inside import draw_cavity, draw_teeth_and_tongue
from tools.draw_avatar.jaw import DROP, Brush
from tools.draw_avatar.lips import draw_lips, draw_surroundings, shape_lips
from tools.draw_avatar.painting import Painting

BOX = (200, 288, 112, 76)
"""What a tile covers, in frame pixels: x, y, width, height."""


def draw_mouth(painting: Painting, opening: float, width: float, teeth: float, tongue: float) -> None:
    """Paint the mouth on a face that has none. The arguments are a `PictureState`'s."""
    opening, width, teeth, tongue = distinct((opening, width, teeth, tongue))
    open_, pressed = max(opening, 0.0), max(-opening, 0.0)
    brush = Brush(painting, DROP * open_)
    lips = shape_lips(open_, pressed, width, teeth, tongue)
    draw_surroundings(brush, lips)
    if lips.gap > 0.3:
        draw_cavity(brush, lips, open_)
    draw_lips(brush, lips)
    if lips.gap > 0.3:
        draw_teeth_and_tongue(brush, lips, open_, teeth, tongue)


def distinct(state: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """The state to draw for a state: a number that makes no difference is 0.

    Pressed lips show no teeth, closed ones no tongue, and in a wide open mouth the tongue lies low.
    """
    opening, width, teeth, tongue = state
    return opening, width, teeth if opening >= 0.0 else 0.0, tongue if 0.0 < opening <= 0.7 else 0.0
