"""The states that the mouth is painted in."""

_OPENINGS = (-1.0, 0.0, 0.05, 0.08, 0.12, 0.2, 0.3, 0.42, 0.56, 0.72, 0.86, 1.0)
_WIDTHS = (-1.0, -0.66, -0.33, 0.0, 0.5, 1.0)
_TEETH = (0.0, 1.0)
_TONGUE = (0.0, 1.0)
MOUTH_AXES = (_OPENINGS, _WIDTHS, _TEETH, _TONGUE)
"""The openings, widths, and how far teeth and tongue show, at which the mouth is painted."""

_TONGUE_UP_TO = 0.72
"""A mouth that is open wider always shows its tongue."""
_TEETH_AT_THE_TONGUE = 0.5
"""How far the teeth show that the tongue touches."""


def state_alike(state: tuple[float, ...]) -> tuple[float, ...]:
    """The state whose picture a state uses.

    Closed lips hide teeth and tongue. A wide open mouth always shows its tongue. Where the tongue is between
    the teeth, the teeth that it touches show.
    """
    opening, width, teeth, tongue = state
    if opening <= 0.0:
        return opening, width, 0.0, 0.0
    if opening > _TONGUE_UP_TO:
        return opening, width, teeth, 0.0
    return opening, width, _TEETH_AT_THE_TONGUE if tongue else teeth, tongue
