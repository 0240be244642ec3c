"""Where the upper teeth in a photo end."""

import numpy as np

from bithuman.portrait.picture.arrays import Plane, Points
from bithuman.portrait.picture.paint import blur

# In eye distances.
_LEAST_TALL = 0.03
"""A column with less enamel shows no tooth."""
_LEAST_WIDE = 0.25
"""A row that is narrower is not known well enough."""
_MOST_FROM_ARCH = 0.04
_ABOVE_ARCH, _BELOW_ARCH = 0.030, 0.006
"""How far the edge may be from the arch."""
_SOFT = 0.006

# The arch: a parabola through most of the points.
_FITS = 4
_FAR = 2.0
"""A point is left out if it is farther away than so many times the median, ..."""
_LEAST_FAR_PX = 1.0
"""... and at least this far."""


def teeth_edge(tooth: Plane, unit: float) -> Plane | None:
    """The height of the teeth's lower edge above each column: where they end, but never far from the arch that most of
    them lie on. NaN beside the teeth; None where there are too few to know.

    Args:
        tooth: how surely each pixel is a tooth, 0 to 1, (h, w).
        unit: the eye distance.
    """
    solid = tooth > 0.5
    places = np.arange(tooth.shape[1], dtype=np.float64)
    columns = np.flatnonzero(solid.sum(axis=0) > _LEAST_TALL * unit)
    if len(columns) < _LEAST_WIDE * unit:
        return None
    ends = (len(tooth) - 1 - np.argmax(solid[::-1], axis=0)).astype(np.float64)
    arch = np.polyval(_parabola(places[columns], ends[columns]), places)
    columns = columns[np.abs(ends - arch)[columns] < _MOST_FROM_ARCH * unit]
    if len(columns) < _LEAST_WIDE * unit:
        return None
    own = np.interp(places, columns, ends[columns])
    bounded = np.clip(own, arch - _ABOVE_ARCH * unit, arch + _BELOW_ARCH * unit).astype(np.float32)
    line: Plane = blur(bounded[None], _SOFT * unit)[0]
    line[: columns[0]] = line[columns[-1] + 1 :] = np.nan
    return line


def _parabola(columns: Points, ends: Points) -> Points:
    """The parabola that most of the points lie on. Points far from it are left out, several times."""
    kept = np.ones(len(columns), bool)
    for _ in range(_FITS):
        parabola = np.polyfit(columns[kept], ends[kept], 2)
        away = np.abs(ends - np.polyval(parabola, columns))
        kept = away <= max(_FAR * float(np.median(away[kept])), _LEAST_FAR_PX)
    found: Points = parabola
    return found
