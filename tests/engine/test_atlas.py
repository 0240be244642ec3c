"""Between the tiles lies what docs/imx.md says, and nothing jumps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bithuman.engine.atlas import Atlas

AXES = ((-1.0, 0.0, 0.5, 1.0), (0.0, 1.0), (0.0, 0.4, 1.0))
SHARE = st.floats(-0.2, 1.2)
STATE = st.tuples(st.floats(-1.2, 1.2), SHARE, SHARE)


def atlas(value: object = None) -> Atlas:
    """Tiles of one colour: their state's place between dark and bright, or random ones."""
    points = [(a, b, c) for a in AXES[0] for b in AXES[1] for c in AXES[2]]
    if value == "random":
        greys = np.random.default_rng(0).integers(0, 256, len(points))
    else:
        greys = np.array([round(60 + 50 * a + 70 * b + 60 * c) for a, b, c in points])
    return Atlas(0, 0, AXES, tuple(np.full((2, 2, 3), grey, np.uint8) for grey in greys))


@given(state=STATE)
def test_what_changes_evenly_from_tile_to_tile_changes_evenly_between(state: tuple[float, float, float]) -> None:
    a, b, c = (min(max(value, axis[0]), axis[-1]) for value, axis in zip(state, AXES, strict=True))
    assert atlas().blend(*state)[0, 0, 0] == pytest.approx(60 + 50 * a + 70 * b + 60 * c, abs=4.0)


@given(state=STATE, step=st.tuples(*[st.floats(-0.01, 0.01)] * 3))
def test_a_small_step_changes_little(state: tuple[float, float, float], step: tuple[float, float, float]) -> None:
    tiles = atlas("random")
    here, there = (int(tiles.blend(*at)[0, 0, 0]) for at in (state, [a + b for a, b in zip(state, step, strict=True)]))
    assert abs(here - there) <= 3 * (0.01 / 0.4 * 255) + 3 * 255 / 64 + 4


def test_a_point_of_the_grid_is_its_tile_itself() -> None:
    tiles = atlas("random")
    assert tiles.blend(0.5, 1.0, 0.4) is tiles.grid[2 * 6 + 1 * 3 + 1]
    assert tiles.blend(9.0, 9.0, 9.0) is tiles.grid[-1]


def test_corners_are_weighed_as_specified() -> None:
    """Along the axis that has gone farthest first: 0.8 of the way along the last axis, 0.3 along the second."""
    tiles = atlas("random")
    low, last, both = (int(tiles.grid[i][0, 0, 0]) for i in (0, 1, 4))
    expected = 0.2 * low + 0.5 * last + 0.3 * both
    assert tiles.blend(-1.0, 0.3, 0.32)[0, 0, 0] == pytest.approx(expected, abs=1.5)
