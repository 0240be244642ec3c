"""How far a state of the mouth presses, rounds or spreads the lips."""

from typing import NamedTuple

from bithuman.engine.shape import PictureState
from bithuman.portrait.picture.paint import ease

_BITE_ENDS_AT, _BITE_ENDS_OVER = 0.05, 0.06
"""The opening from which teeth leave the lip, and how much more it takes."""


class Effort(NamedTuple):
    """How far each movement of the lips goes, 0 to 1."""

    rounded: float
    pressed: float
    opened: float
    spread: float
    bare: float
    """How far the upper teeth are bared."""
    bite: float
    """How far the lower lip lies under them."""


def bitten(state: PictureState) -> float:
    """How far the lower lip lies under the upper teeth, 0 to 1: f and v are teeth without an opening."""
    if state.opening < 0.0:
        return 0.0
    return state.teeth * (1.0 - ease((state.opening - _BITE_ENDS_AT) / _BITE_ENDS_OVER))


def effort_of(state: PictureState) -> Effort:
    pressed = max(-state.opening, 0.0)
    return Effort(
        rounded=max(-state.width, 0.0),
        pressed=pressed,
        opened=max(state.opening, 0.0),
        spread=max(state.width, 0.0),
        bare=state.teeth * (1.0 - pressed),
        bite=bitten(state),
    )
