"""The built-in avatar's drawing: each state of the mouth is told from the others, motion and pictures agree."""

from itertools import product

import numpy as np
import numpy.typing as npt
import pytest

from tools.draw_avatar import eyes, motion, mouth
from tools.draw_avatar.jaw import DROP, LINE_Y, jaw_ramp
from tools.draw_avatar.painting import Painting
from tools.draw_avatar.person import SIZE

Picture = npt.NDArray[np.float32]
SKIN = (0.60, 0.74, 0.92)  # blue, green, red


def skin(x: float, y: float, width: float, height: float) -> Painting:
    painting = Painting(x, y, width, height)
    painting.pixels[:] = SKIN
    return painting


def mouth_at(opening: float = 0.0, width: float = 0.0, teeth: float = 0.0, tongue: float = 0.0) -> Picture:
    painting = skin(*mouth.BOX)
    mouth.draw_mouth(painting, opening, width, teeth, tongue)
    return painting.pixels


def count(mask: npt.NDArray[np.bool_]) -> int:
    return int(mask.sum())


def lips(picture: Picture) -> int:
    """Pixels redder than skin, and not dark."""
    green, red = picture[..., 1], picture[..., 2]
    return count((red - green > 0.26) & (red > 0.6))


def white(picture: Picture) -> int:
    low, high = picture.min(axis=-1), picture.max(axis=-1)
    return count((low > 0.65) & (high - low < 0.16))


def lip_columns(picture: Picture) -> int:
    green, red = picture[..., 1], picture[..., 2]
    return count(np.any((red - green > 0.26) & (red > 0.6), axis=0))


@pytest.mark.parametrize("state", [*product((-1.0, 0.0, 0.06, 1.0), (-1.0, 0.0, 1.0), (0.0, 1.0), (0.0, 1.0))])
def test_nothing_is_painted_at_the_rim_of_a_mouths_tile(state: tuple[float, float, float, float]) -> None:
    picture = mouth_at(*state)
    inner = np.zeros(picture.shape[:2], bool)
    inner[3:-3, 3:-3] = True
    assert np.abs(picture[~inner] - SKIN).max() < 2.0 / 255.0
    assert np.abs(picture[inner] - SKIN).max() > 0.2


def test_pressed_lips_are_thinner_and_their_line_is_firmer_than_at_rest() -> None:
    pressed, rest = mouth_at(-1.0), mouth_at(0.0)
    assert lips(pressed) < 0.75 * lips(rest)
    assert count(pressed.max(axis=-1) < 0.5) > 1.5 * count(rest.max(axis=-1) < 0.5)
    assert white(pressed) == white(rest) == 0


def test_rounded_lips_are_narrow_and_thick() -> None:
    rounded, neutral, spread = (mouth_at(0.2, width) for width in (-1.0, 0.0, 1.0))
    assert lip_columns(rounded) < 0.6 * lip_columns(neutral) < 0.6 * lip_columns(spread)
    assert lips(rounded) / lip_columns(rounded) > 1.2 * lips(neutral) / lip_columns(neutral)


@pytest.mark.parametrize("opening", [0.06, 0.15, 0.3, 0.6, 1.0])
def test_teeth_are_white(opening: float) -> None:
    assert white(mouth_at(opening, teeth=1.0)) > white(mouth_at(opening, teeth=0.0)) + 100


def test_in_f_the_upper_teeth_lie_on_the_lower_lip() -> None:
    """From the teeth straight down there is lip, and no dark between."""
    picture = mouth_at(0.05, teeth=1.0)
    middle = picture[:, picture.shape[1] // 2 + 12]
    teeth = np.flatnonzero((middle.min(axis=-1) > 0.65) & (np.ptp(middle, axis=-1) < 0.16))
    below = middle[teeth[-1] : teeth[-1] + 12]
    assert below[:, 2].min() > 0.45
    assert (below[:, 2] - below[:, 1]).max() > 0.3


@pytest.mark.parametrize("opening", [0.2, 0.36, 0.6])
def test_the_tongues_tip_hides_the_dark_behind_the_teeth(opening: float) -> None:
    def dark(tongue: float) -> int:
        picture = mouth_at(opening, tongue=tongue)
        middle = picture.shape[1] // 2
        return count(picture[:, middle - 18 : middle + 18].max(axis=-1) < 0.42)

    assert dark(0.0) > 100
    assert dark(1.0) < 0.2 * dark(0.0)


def test_states_that_look_alike_share_a_tile() -> None:
    assert mouth.distinct((-1.0, 0.5, 1.0, 1.0)) == (-1.0, 0.5, 0.0, 0.0)
    assert mouth.distinct((0.0, 0.0, 1.0, 1.0)) == (0.0, 0.0, 1.0, 0.0)
    assert mouth.distinct((0.2, 0.0, 1.0, 1.0)) == (0.2, 0.0, 1.0, 1.0)


def test_the_same_state_is_the_same_picture() -> None:
    assert np.array_equal(mouth_at(0.3, 0.2, 0.5, 0.5), mouth_at(0.3, 0.2, 0.5, 0.5))


def test_the_jaws_motion_folds_nothing() -> None:
    """What lies lower before the jaw moves lies lower after."""
    y = np.linspace(LINE_Y - 30.0, LINE_Y + 60.0, 400)
    assert np.diff(y - DROP * jaw_ramp(y)).min() > 0.0
    assert jaw_ramp(LINE_Y - 6.0) == 0.0
    assert jaw_ramp(LINE_Y + 30.0) == 1.0


def test_open_eyes_have_no_lids_and_shut_ones_nothing_else() -> None:
    def lids(closed: float) -> Picture:
        painting = Painting(*eyes.BOX, transparent=True)
        eyes.draw_lids(painting, closed)
        return painting.pixels[..., 3]

    assert lids(0.0).max() == 0.0
    bare, seen = skin(*eyes.BOX), skin(*eyes.BOX)
    eyes.draw_eyes(seen, 0.0, 0.0)
    eyeball = count((np.abs(seen.pixels - bare.pixels).max(axis=-1) > 0.25) & (lids(1.0) < 0.5))
    assert eyeball < 0.06 * count(np.abs(seen.pixels - bare.pixels).max(axis=-1) > 0.25)
    assert lids(1.0).sum() > 1.5 * lids(0.5).sum() > 0.0


@pytest.fixture(scope="module")
def maps() -> dict[str, npt.NDArray[np.float64]]:
    names = ("head", "relief", "body", "brows", "jaw", "hair")
    return dict(zip(names, np.split(motion.motion_maps() / 255.0, 6), strict=True))


def at(part: npt.NDArray[np.float64], x: float, y: float) -> float:
    return float(part[int(y / SIZE * part.shape[0]), int(x / SIZE * part.shape[1])])


def test_each_part_moves_with_its_own_map_only(maps: dict[str, npt.NDArray[np.float64]]) -> None:
    assert at(maps["brows"], 205, 196) == 1.0
    assert at(maps["brows"], 214, eyes.CENTRE_Y) == 0.0, "eyes stay where they are when brows rise"
    assert at(maps["jaw"], 256, 360) == 1.0
    assert at(maps["jaw"], 256, 300) == 0.0, "the upper lip belongs to the skull"
    assert at(maps["hair"], 140, 400) > 0.5
    assert at(maps["hair"], 140, 150) < 0.1, "roots do not swing"
    assert at(maps["hair"], 256, 260) < 0.1
    assert at(maps["relief"], 256, 266) > at(maps["relief"], 200, 266) > at(maps["relief"], 168, 266)
    assert at(maps["body"], 256, 500) == 1.0
    assert at(maps["body"], 256, 360) == 0.0


@pytest.mark.parametrize("place", [(8, 8), (504, 8), (8, 250), (504, 250), (8, 420), (504, 420)])
def test_the_wall_stands_still(maps: dict[str, npt.NDArray[np.float64]], place: tuple[float, float]) -> None:
    assert all(at(part, *place) == 0.0 for part in maps.values())
