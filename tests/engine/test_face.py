"""The drawn face: what the mouth does is seen, nothing else changes, nothing pops, and it lives."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bithuman.engine import face as face_module
from bithuman.engine.atlas import Atlas
from bithuman.engine.avatar import Avatar, open_avatar
from bithuman.engine.face import Face
from bithuman.engine.idle import (
    BLINK_JITTER_S,
    BLINK_S,
    BLINK_SLOT_S,
    GAZE_SLOT_S,
    Idle,
    blink_starts,
    gesture_at,
    idle_at,
)
from bithuman.engine.rig import MAPS, MOST_BREATH, Pose
from bithuman.engine.shape import REST, MouthShape

FPS = 25
Image = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def avatar() -> Avatar:
    return open_avatar()


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No idle motion: what is left is the mouth."""
    monkeypatch.setattr(face_module, "idle_at", lambda seed, time_s: Idle(Pose(), 0.0, (0.0, 0.0)))


def draw(avatar: Avatar, opening: float = 0.0, width: float = 0.0, teeth: float = 0.0, tongue: float = 0.0) -> Image:
    return Face(avatar).render(MouthShape(opening, width, teeth=teeth, tongue=tongue), 0)


def in_frame(avatar: Avatar, atlas: Atlas) -> tuple[slice, slice]:
    """Where the atlas's tiles lie in a frame."""
    x, y, width, height = (side // avatar.scale for side in atlas.box)
    return slice(y, y + height), slice(x, x + width)


def around_mouth(avatar: Avatar, frame: Image) -> Image:
    return frame[in_frame(avatar, avatar.mouth)]


def dark(image: Image) -> int:
    """Pixels as dark as the inside of a mouth."""
    return int((image.max(axis=-1) < 90).sum())


def white(image: Image) -> int:
    """Pixels as bright and colourless as teeth."""
    low, high = image.min(axis=-1).astype(int), image.max(axis=-1).astype(int)
    return int(((low > 165) & (high - low < 45)).sum())


def test_a_frame_is_a_fresh_picture_of_the_right_kind(avatar: Avatar) -> None:
    face = Face(avatar)
    first = face.render(REST, 0)
    assert first.shape == (512, 512, 3)
    assert first.dtype == np.uint8
    kept = first.copy()
    assert face.render(MouthShape(1.0, 0.0, 0.0), 1) is not first
    assert np.array_equal(first, kept)
    assert first.flags.writeable


def lips_of(mouth: Image) -> Image:
    """The middle of the mouth's box, where no hair and no neck comes in."""
    height, width = mouth.shape[:2]
    return mouth[height // 6 : -height // 8, width // 6 : -width // 6]


def inside(avatar: Avatar, *shape: float) -> int:
    """Pixels that show the inside of the mouth and do not when it rests."""
    seen, rest = (lips_of(around_mouth(avatar, frame)) for frame in (draw(avatar, *shape), draw(avatar)))
    return dark(seen) + white(seen) - dark(rest) - white(rest)


@pytest.mark.usefixtures("still")
@pytest.mark.parametrize("width", [-1.0, -0.5, 0.0, 0.5, 1.0])
def test_the_wider_the_opening_the_more_of_the_inside_is_seen(avatar: Avatar, width: float) -> None:
    seen = [inside(avatar, opening, width) for opening in np.linspace(0.0, 1.0, 9)]
    assert all(later >= earlier - 5 for earlier, later in pairwise(seen))
    assert seen[0] < 20
    assert seen[-1] > 100


@pytest.mark.usefixtures("still")
@pytest.mark.parametrize("width", [-1.0, 0.0, 1.0])
@pytest.mark.parametrize("opening", [0.0, -1.0])
def test_a_closed_mouth_shows_no_inside(avatar: Avatar, width: float, opening: float) -> None:
    shape = MouthShape(max(opening, 0.0), width, closure=max(-opening, 0.0))
    seen, rest = (lips_of(around_mouth(avatar, Face(avatar).render(mouth, 0))) for mouth in (shape, REST))
    assert white(seen) <= white(rest)
    assert dark(seen) < dark(rest) + 20


@pytest.mark.usefixtures("still")
@pytest.mark.parametrize("opening", [0.0, 0.05, 0.15, 0.3])
def test_teeth_show_when_asked_for(avatar: Avatar, opening: float) -> None:
    without, half, full = (white(around_mouth(avatar, draw(avatar, opening, 0.2, teeth))) for teeth in (0.0, 0.5, 1.0))
    assert without <= half < full
    assert full > without + 100


@pytest.mark.usefixtures("still")
def test_rounded_is_narrow_and_spread_is_wide(avatar: Avatar) -> None:
    def reach(width: float) -> int:
        """How many columns have lips in them: redder than any skin here."""
        blue, green, red = np.moveaxis(around_mouth(avatar, draw(avatar, 0.1, width, 0.0)).astype(int), -1, 0)
        return int(((red - green > 80) & (blue > green - 25)).any(axis=0).sum())

    widths = [reach(width) for width in (-1.0, -0.5, 0.0, 0.5, 1.0)]
    assert all(later > earlier + 3 for earlier, later in pairwise(widths))
    assert widths[-1] > 1.7 * widths[0]


@pytest.mark.usefixtures("still")
def test_the_mouth_changes_only_mouth_and_jaw(avatar: Avatar) -> None:
    changed = np.any(draw(avatar, 1.0, 1.0, 1.0) != draw(avatar), axis=-1)
    changed[in_frame(avatar, avatar.mouth)] = False
    jaw = avatar.rig.motion[MAPS.index("jaw")]
    moves = cv2.resize(cv2.dilate(jaw, np.ones((9, 9), np.uint8)), (avatar.width, avatar.height)) > 0
    assert not (changed & ~moves).any()


@pytest.mark.usefixtures("still")
def test_the_jaw_comes_down(avatar: Avatar) -> None:
    """By the drop, where the jaw's map is full: what was there lies so much lower."""
    jaw = cv2.resize(avatar.rig.motion[MAPS.index("jaw")], (avatar.width, avatar.height)).astype(float)
    jaw[in_frame(avatar, avatar.mouth)] = 0.0
    y, x = np.unravel_index(int(jaw.argmax()), jaw.shape)
    shut, wide = (draw(avatar, opening).astype(int)[:, x - 6 : x + 7] for opening in (0.0, 1.0))
    drop = round(avatar.rig.drop * jaw[y, x] / 255.0)
    off = [np.abs(wide[y - 4 : y + 5] - shut[y - 4 - by : y + 5 - by]).mean() for by in range(2 * drop + 1)]
    assert abs(int(np.argmin(off)) - drop) <= 2


@pytest.mark.usefixtures("still")
def test_the_edges_of_the_tiles_do_not_show(avatar: Avatar) -> None:
    """A tile's rim is the base's, whatever the mouth does in it."""
    mouth = avatar.mouth
    height, width = mouth.grid[0].shape[:2]
    ground = avatar.base[mouth.y : mouth.y + height, mouth.x : mouth.x + width]
    rim = np.ones((height, width), bool)
    rim[2:-2, 2:-2] = False
    assert all(np.abs(tile.astype(int) - ground)[rim].max() <= 2 for tile in mouth.grid)


@pytest.mark.usefixtures("still")
def test_a_shape_that_moves_slowly_never_pops(avatar: Avatar) -> None:
    """Along a slow path through the whole range, no step changes the picture by much more than the others."""
    steps = np.linspace(0.0, 1.0, 120)
    frames = [draw(avatar, t, np.sin(6.0 * t), 0.5 - 0.5 * np.cos(9.0 * t)).astype(int) for t in steps]
    changes = [float(np.abs(later - earlier).sum()) for earlier, later in pairwise(frames)]
    assert min(changes) > 0.0
    assert max(changes) < 6.0 * float(np.median(changes))


def test_idle_motion_never_pops_between_blinks(avatar: Avatar) -> None:
    face = Face(avatar, seed=4)
    frames = [face.render(REST, i).astype(int) for i in range(10 * FPS)]
    cheek = [frame[280:300, 190:215] for frame in frames]  # skin that neither blinks nor speaks, but moves
    assert max(float(np.abs(b - a).mean()) for a, b in pairwise(cheek)) < 2.0
    whole = [float(np.abs(b - a).mean()) for a, b in pairwise(frames)]
    assert min(whole[FPS:]) > 0.0, "a living face, once awake, is never quite still"
    assert max(whole) < 3.0


def test_an_idle_face_comes_back(avatar: Avatar) -> None:
    """However long it runs, it does not drift away."""
    poses = [idle_at(0, time_s).pose for time_s in (*np.arange(0.0, 60.0, 0.4), *np.arange(1e6, 1e6 + 60.0, 0.4))]
    for motion, most in {"sway": 0.03, "bob": 0.03, "tilt": 0.02, "turn": 0.05, "nod": 0.03, "hair": 0.03}.items():
        reached = [abs(getattr(pose, motion)) for pose in poses]
        assert 0.3 * most < max(reached) <= most or motion == "hair"
    assert 0.9 * MOST_BREATH < max(pose.breath for pose in poses) <= MOST_BREATH
    assert min(pose.breath for pose in poses) >= 0.0


@given(seed=st.integers(0, 2**63))
def test_it_wakes_from_its_still_picture(seed: int) -> None:
    assert idle_at(seed, 0.0) == Idle(Pose(), 0.0, (0.0, 0.0))
    assert all(idle_at(seed, time_s).gaze == (0.0, 0.0) for time_s in np.linspace(0.0, GAZE_SLOT_S, 50, endpoint=False))
    assert idle_at(seed, 3.0).pose != Pose()


def test_the_first_frame_is_the_still_picture(avatar: Avatar) -> None:
    assert np.array_equal(Face(avatar, seed=7).render(REST, 0), avatar.sheet.still())


def test_the_hair_swings_after_the_head() -> None:
    """It lags: while the head moves to the right, the hair hangs to the left of its place."""
    times_s = np.arange(0.0, 60.0, 0.04)
    poses = [idle_at(3, float(time_s)).pose for time_s in times_s]
    speed = np.gradient([pose.sway + 2.0 * pose.tilt for pose in poses])
    assert np.corrcoef(speed, [pose.hair for pose in poses])[0, 1] < -0.9


def test_head_and_brows_follow_the_stress() -> None:
    rest = Pose()
    stressed = gesture_at(1, 2.0, rest, 1.0)
    assert stressed.nod > 0.03
    assert stressed.brows > 0.02
    assert gesture_at(1, 2.0, rest, 0.0) == rest
    half = gesture_at(1, 2.0, rest, 0.5)
    assert half == pytest.approx([part / 2.0 for part in stressed])


def test_a_head_is_livelier_in_talking_and_stays_within_bounds() -> None:
    idle = [idle_at(2, i / FPS).pose for i in range(60 * FPS)]
    talking = [gesture_at(2, i / FPS, pose, 0.3 + 0.3 * np.sin(0.5 * i)) for i, pose in enumerate(idle)]
    for motion in ("tilt", "turn", "nod", "brows"):
        calm, lively = (np.diff([getattr(pose, motion) for pose in poses]).std() for poses in (idle, talking))
        assert lively > 1.5 * calm
        assert max(abs(getattr(pose, motion)) for pose in talking) < 0.15


def test_the_same_question_has_the_same_answer_in_any_order(avatar: Avatar) -> None:
    shapes = [MouthShape(0.3, -0.5, 0.2), REST, MouthShape(1.0, 1.0, 1.0)]
    asked = [(shape, i) for i in (0, 7, 31, 400) for shape in shapes]
    forward, backward = Face(avatar, seed=9), Face(avatar, seed=9)
    first = [forward.render(shape, i) for shape, i in asked]
    second = [backward.render(shape, i) for shape, i in reversed(asked)]
    assert all(np.array_equal(a, b) for a, b in zip(first, reversed(second), strict=True))
    assert not np.array_equal(Face(avatar, seed=10).render(*asked[-1]), first[-1])


def test_faces_of_one_avatar_are_drawn_side_by_side(avatar: Avatar) -> None:
    """Each in a thread of its own. They share what is painted on, and none sees what another painted."""

    def film(seed: int) -> Image:
        face = Face(avatar, seed)
        return np.stack([face.render(MouthShape(0.1 * (i % 11), 0.2 * (seed - 1)), i) for i in range(100, 160)])

    alone = [film(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(film, range(4)))
    assert np.array_equal(alone, together)


@given(seed=st.integers(0, 2**63))
def test_blinks_come_at_human_intervals(seed: int) -> None:
    minute = [blink_starts(seed, slot) for slot in range(15)]
    firsts = [starts[0] for starts in minute]
    low, high = BLINK_SLOT_S - BLINK_JITTER_S, BLINK_SLOT_S + BLINK_JITTER_S
    assert all(low <= later - earlier <= high for earlier, later in pairwise(firsts))
    assert all(len(starts) == 1 or BLINK_S < starts[1] - starts[0] < 0.5 for starts in minute)


def test_some_blinks_are_double() -> None:
    doubled = sum(len(blink_starts(seed, slot)) == 2 for seed in range(20) for slot in range(50))
    assert 100 < doubled < 200


def test_the_lids_close_fully_and_for_a_moment_only() -> None:
    closed = np.array([idle_at(1, i / 200.0).closed for i in range(60 * 200)])
    blinks = sum(len(blink_starts(1, slot)) for slot in range(15))
    begun = int(((closed[1:] > 0.0) & (closed[:-1] == 0.0)).sum())
    assert begun == blinks
    assert closed.max() == 1.0
    assert 0.15 <= (closed > 0.0).sum() / 200.0 / blinks <= 0.25


def test_a_blink_covers_the_eyes(avatar: Avatar, monkeypatch: pytest.MonkeyPatch) -> None:
    def eyes(closed: float) -> Image:
        monkeypatch.setattr(face_module, "idle_at", lambda seed, time_s: Idle(Pose(), closed, (0.0, 0.0)))
        gaze, scale = avatar.gaze, avatar.scale
        height, width = gaze.grid[0].shape[:2]
        top, left = gaze.y // scale, gaze.x // scale
        return Face(avatar).render(REST, 0)[top : top + height // scale, left : left + width // scale]

    seen = [white(eyes(closed)) for closed in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert all(later < earlier for earlier, later in pairwise(seen))
    assert seen[-1] < 5


@given(seed=st.integers(0, 1000), time_s=st.floats(0.0, 1e5))
def test_the_gaze_stays_within_reach_and_moves_little_in_a_moment(seed: int, time_s: float) -> None:
    now, soon = idle_at(seed, time_s), idle_at(seed, time_s + 0.001)
    assert all(abs(part) <= 1.0 for part in now.gaze)
    assert all(abs(a - b) < 0.1 for a, b in zip(now.gaze, soon.gaze, strict=True))
    assert abs(now.closed - soon.closed) < 0.1


@pytest.mark.usefixtures("still")
def test_shapes_beyond_the_range_are_its_ends(avatar: Avatar) -> None:
    assert np.array_equal(draw(avatar, 2.0, -9.0, 7.0), draw(avatar, 1.0, -1.0, 1.0))
    assert np.array_equal(draw(avatar, -0.0, 0.0, -1.0), draw(avatar))


def test_misuse_is_told(avatar: Avatar) -> None:
    with pytest.raises(ValueError, match="seed"):
        Face(avatar, seed=-1)
    with pytest.raises(ValueError, match="frame index"):
        Face(avatar).render(REST, -1)
    with pytest.raises(ValueError, match="finite"):
        Face(avatar).render(MouthShape(float("nan"), 0.0, 0.0), 0)
