"""What is painted is refined as if the whole picture had been."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bithuman.engine.atlas import Atlas
from bithuman.engine.canvas import Canvas, fineness, refined

Image = npt.NDArray[np.uint8]


def noise(height: int, width: int, seed: int = 0) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("times", [1, 2])
@given(x=st.integers(0, 39), y=st.integers(0, 29), width=st.integers(1, 40), height=st.integers(1, 30))
def test_a_tile_is_refined_with_its_surroundings(times: int, x: int, y: int, width: int, height: int) -> None:
    base = noise(30, 40)
    tile = noise(min(height, 30 - y), min(width, 40 - x), seed=1)
    canvas = Canvas(base, refined(base, times))
    canvas.paint(Atlas(x, y, ((0.0,),), (tile,)), tile)
    whole = base.copy()
    whole[y : y + tile.shape[0], x : x + tile.shape[1]] = tile
    np.testing.assert_array_equal(canvas.fine, refined(whole, times))


@pytest.mark.parametrize("times", [1, 2])
def test_the_base_that_others_share_stays(times: int) -> None:
    base = noise(30, 40)
    fine = refined(base, times)
    kept = base.copy(), fine.copy()
    Canvas(base, fine).paint(Atlas(3, 4, ((0.0,),), (noise(9, 9, 2),)), noise(9, 9, 2))
    np.testing.assert_array_equal(base, kept[0])
    np.testing.assert_array_equal(fine, kept[1])


def test_what_is_fine_or_large_already_is_not_refined() -> None:
    assert fineness(noise(512, 512), 1) == 2
    assert fineness(noise(512, 512), 2) == 1
    assert fineness(noise(720, 1280), 1) == 1
