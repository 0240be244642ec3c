"""The drawn face: what the mouth does is seen, nothing else changes, nothing pops, and it lives."""

from dataclasses import fields
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bithuman.engine import face as face_module
from bithuman.engine.avatar import Avatar, open_avatar
from bithuman.engine.face import Face
from bithuman.engine.idle import BLINK_JITTER_S, BLINK_S, BLINK_SLOT_S, Idle, blink_starts, idle_at
from bithuman.engine.rig import CELL_PX, Pose, build_fields
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


def draw(avatar: Avatar, *shape: float) -> Image:
    return Face(avatar).render(MouthShape(*shape), 0)


def around_mouth(avatar: Avatar, frame: Image) -> Image:
    """The lips wherever they go, and skin about them, but no hair and no neck."""
    x, lip_y, chin_y, *_ = map(int, avatar.rig.jaw)
    return frame[lip_y - 25 : chin_y - 17, x - 44 : x + 44]


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


@pytest.mark.usefixtures("still")
@pytest.mark.parametrize("width", [-1.0, -0.5, 0.0, 0.5, 1.0])
def test_the_wider_the_opening_the_more_of_the_inside_is_seen(avatar: Avatar, width: float) -> None:
    inside = [
        dark(image) + white(image)
        for opening in np.linspace(0.0, 1.0, 9)
        for image in [around_mouth(avatar, draw(avatar, opening, width, 0.0))]
    ]
    assert all(later > earlier for earlier, later in pairwise(inside))
    assert inside[0] < 12
    assert inside[-1] > 400


@pytest.mark.usefixtures("still")
@pytest.mark.parametrize("width", [-1.0, 0.0, 1.0])
def test_a_closed_mouth_shows_no_inside(avatar: Avatar, width: float) -> None:
    mouth = around_mouth(avatar, draw(avatar, 0.0, width, 0.0))
    assert white(mouth) == 0
    assert dark(mouth) < 12


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
        return int(((red - green > 70) & (blue > green - 25)).any(axis=0).sum())

    widths = [reach(width) for width in (-1.0, -0.5, 0.0, 0.5, 1.0)]
    assert all(later > earlier + 3 for earlier, later in pairwise(widths))
    assert widths[-1] > 1.7 * widths[0]


@pytest.mark.usefixtures("still")
def test_the_mouth_changes_only_mouth_and_jaw(avatar: Avatar) -> None:
    changed = np.any(draw(avatar, 1.0, 1.0, 1.0) != draw(avatar, *REST), axis=-1)
    assert changed.any()
    rows, columns = np.nonzero(changed)
    jaw_x, lip_y, chin_y, half_width, drop = avatar.rig.jaw
    assert rows.min() >= min(lip_y - 8, avatar.mouth.y // avatar.scale) - 1
    assert rows.max() <= chin_y + 4 * drop + 8
    assert columns.min() >= jaw_x - 1.4 * half_width - 8
    assert columns.max() <= jaw_x + 1.4 * half_width + 8


@pytest.mark.usefixtures("still")
def test_the_chin_comes_down_with_the_jaw(avatar: Avatar) -> None:
    x, _, chin_y, _, drop = map(int, avatar.rig.jaw)

    def lit(opening: float) -> int:
        """How many of the rows from the chin downwards are bright: chin, not the neck in its shadow."""
        return int((draw(avatar, opening, 0.0, 0.0)[chin_y - 5 : chin_y + 25, x, 2] > 210).sum())

    assert drop - 3 <= lit(1.0) - lit(0.0) <= drop + 3


MOTIONS = {
    "sway": ((256, 234), (1, 0)),
    "bob": ((256, 234), (0, 1)),
    "turn": ((256, 234), (1, 0)),
    "nod": ((256, 234), (0, 1)),
    "breath": ((60, 500), (0, -1)),
    "brows": ((256, 200), (0, -1)),
    "jaw": ((256, 365), (0, 1)),
}


@pytest.mark.parametrize("motion", MOTIONS)
def test_each_motion_pulls_its_own_part_its_own_way(avatar: Avatar, motion: str) -> None:
    (x, y), (right, down) = MOTIONS[motion]
    built = build_fields(avatar.rig, avatar.width, avatar.height)[[f.name for f in fields(Pose)].index(motion)]
    assert built[:, y // CELL_PX, x // CELL_PX] == pytest.approx((right, down), abs=0.05)
    assert not built[:, 0, 0].any(), "the background stays"


def test_a_tilt_turns_about_the_neck(avatar: Avatar) -> None:
    built = build_fields(avatar.rig, avatar.width, avatar.height)[[f.name for f in fields(Pose)].index("tilt")]
    right, down = built[:, 234 // CELL_PX, 256 // CELL_PX]
    assert right == pytest.approx(avatar.rig.neck[1] - 234, abs=CELL_PX)
    assert abs(down) < CELL_PX


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
    assert min(whole) > 0.0, "a living face is never quite still"
    assert max(whole) < 3.0


def test_an_idle_face_comes_back(avatar: Avatar) -> None:
    """However long it runs, it does not drift away."""
    poses = [idle_at(0, time_s).pose for time_s in (*np.arange(0.0, 60.0, 0.4), *np.arange(1e6, 1e6 + 60.0, 0.4))]
    assert max(abs(pose.sway) for pose in poses) <= 2.5
    assert max(abs(pose.tilt) for pose in poses) <= 0.02
    assert 1.0 < max(pose.breath for pose in poses) <= 2.0


def test_the_same_question_has_the_same_answer_in_any_order(avatar: Avatar) -> None:
    shapes = [MouthShape(0.3, -0.5, 0.2), REST, MouthShape(1.0, 1.0, 1.0)]
    asked = [(shape, i) for i in (0, 7, 31, 400) for shape in shapes]
    forward, backward = Face(avatar, seed=9), Face(avatar, seed=9)
    first = [forward.render(shape, i) for shape, i in asked]
    second = [backward.render(shape, i) for shape, i in reversed(asked)]
    assert all(np.array_equal(a, b) for a, b in zip(first, reversed(second), strict=True))
    assert not np.array_equal(Face(avatar, seed=10).render(*asked[0]), first[0])


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
    assert seen[-1] == 0


@given(seed=st.integers(0, 1000), time_s=st.floats(0.0, 1e5))
def test_the_gaze_stays_within_reach_and_moves_little_in_a_moment(seed: int, time_s: float) -> None:
    now, soon = idle_at(seed, time_s), idle_at(seed, time_s + 0.001)
    assert all(abs(part) <= 1.0 for part in now.gaze)
    assert all(abs(a - b) < 0.1 for a, b in zip(now.gaze, soon.gaze, strict=True))
    assert abs(now.closed - soon.closed) < 0.1


@pytest.mark.usefixtures("still")
def test_shapes_beyond_the_range_are_its_ends(avatar: Avatar) -> None:
    assert np.array_equal(draw(avatar, 2.0, -9.0, 7.0), draw(avatar, 1.0, -1.0, 1.0))
    assert np.array_equal(draw(avatar, -1.0, 0.0, -1.0), draw(avatar, *REST))


def test_misuse_is_told(avatar: Avatar) -> None:
    with pytest.raises(ValueError, match="seed"):
        Face(avatar, seed=-1)
    with pytest.raises(ValueError, match="frame index"):
        Face(avatar).render(REST, -1)
    with pytest.raises(ValueError, match="finite"):
        Face(avatar).render(MouthShape(float("nan"), 0.0, 0.0), 0)
