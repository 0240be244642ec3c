"""What a living person does without meaning to: breathe, blink, look about, never hold quite still.

Everything is a function of a seed and the time, with no state between: any moment can be asked for, in any order.
Irregular events come from slots of equal length with one event somewhere in each, drawn from (seed, kind, slot).
At time 0 the face is as in its still picture, whatever the seed, so that who was shown that one sees it come to life.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bithuman.engine.rig import MOST_BREATH, Pose

BLINK_SLOT_S = 4.0
BLINK_JITTER_S = 2.0
"""One blink begins in the first two of every four seconds: 2 to 6 s lie between blinks, as in people at rest."""
BLINK_S = 0.24
_CLOSING_S, _SHUT_S = 0.08, 0.04
_DOUBLE_BLINK_SHARE = 0.15
_DOUBLE_BLINK_AFTER_S = 0.32

GAZE_SLOT_S = 1.6
_SACCADE_S = 0.05
_BLINKS, _GAZES, _WAVES = range(3)

_SWAY, _BOB, _TILT, _TURN, _NOD, _BROWS, _CHEST, _LEANING, _TURNING, _FROWNING = range(10)
_BREATH_S = 3.9
_HASTE = 2.5
"""How much faster a head changes its mind in talking than in idling."""

_WAKING_S = 2.0
"""How long a face takes from its still picture to moving freely."""

_HAIR_LAG_S = 0.2
_HAIR_SWING = 1.2
_NECK_TO_HAIR = 2.0
"""Units of the rig from the point that the head tilts about up to the hair."""


@dataclass(frozen=True, slots=True)
class Idle:
    """The involuntary part of one moment: `closed` 0 to 1 for the lids, `gaze` across and down within -1 to 1."""

    pose: Pose
    closed: float
    gaze: tuple[float, float]


def idle_at(seed: int, time_s: float) -> Idle:
    """What the face of stream `seed` does at `time_s` seconds, which is 0 or more."""
    bob, turn, nod, brows = (_wave(seed, which, time_s) for which in (_BOB, _TURN, _NOD, _BROWS))
    sway, tilt = _lean(seed, time_s)
    late_sway, late_tilt = _lean(seed, max(time_s - _HAIR_LAG_S, 0.0))
    inhaled = 0.5 - 0.5 * math.cos(2.0 * math.pi * (time_s / _BREATH_S + _draw(seed, _WAVES, _CHEST)[0]))
    inhaled *= _awake(time_s)
    pose = Pose(
        sway=sway,
        bob=0.013 * bob - 0.008 * inhaled,
        tilt=tilt,
        turn=0.04 * turn,
        nod=0.026 * nod,
        breath=MOST_BREATH * inhaled,
        brows=0.012 * brows,
        hair=_HAIR_SWING * (late_sway - sway + _NECK_TO_HAIR * (late_tilt - tilt)),
    )
    return Idle(pose, _lids(seed, time_s), _gaze(seed, time_s))


def gesture_at(seed: int, time_s: float, pose: Pose, stress: float) -> Pose:
    """That pose while something is said with a `stress` of 0 to 1: the head nods and the brows rise with it, and the
    head leans and turns a little, now this way, now that."""
    stress = min(max(stress, 0.0), 1.0)
    tilt, turn, brows = (_wave(seed, which, _HASTE * time_s) for which in (_LEANING, _TURNING, _FROWNING))
    return pose._replace(
        bob=pose.bob + 0.018 * stress,
        tilt=pose.tilt + 0.02 * stress * tilt,
        turn=pose.turn + 0.05 * stress * turn,
        nod=pose.nod + 0.065 * stress,
        brows=pose.brows + (0.055 + 0.025 * brows) * stress,
    )


def blink_starts(seed: int, slot: int) -> tuple[float, ...]:
    """When the lids begin to close in one slot of `BLINK_SLOT_S`: once, or twice in quick succession. In seconds."""
    at, doubled = _draw(seed, _BLINKS, slot)[:2]
    first = slot * BLINK_SLOT_S + at * BLINK_JITTER_S
    return (first, first + _DOUBLE_BLINK_AFTER_S) if doubled < _DOUBLE_BLINK_SHARE else (first,)


def _lids(seed: int, time_s: float) -> float:
    return max(blink(time_s - start) for start in blink_starts(seed, int(time_s // BLINK_SLOT_S)))


def blink(since_s: float) -> float:
    """How far the lids are closed: they fall fast, rest a moment, and rise more slowly."""
    if not 0.0 < since_s < BLINK_S:
        return 0.0
    opening_s = since_s - _CLOSING_S - _SHUT_S
    if opening_s <= 0.0:
        return _ease(since_s / _CLOSING_S)
    return 1.0 - _ease(opening_s / (BLINK_S - _CLOSING_S - _SHUT_S))


def _gaze(seed: int, time_s: float) -> tuple[float, float]:
    """Fixations joined by quick jumps. At first, and mostly, at the viewer; now and then a glance aside."""
    slot = int(time_s // GAZE_SLOT_S)
    starts = slot * GAZE_SLOT_S + _draw(seed, _GAZES, slot)[0] * (GAZE_SLOT_S - _SACCADE_S)
    share = _ease((time_s - starts) / _SACCADE_S)
    before, after = _fixation(seed, slot - 1), _fixation(seed, slot)
    return before[0] + share * (after[0] - before[0]), before[1] + share * (after[1] - before[1])


def _fixation(seed: int, slot: int) -> tuple[float, float]:
    if slot < 1:
        return 0.0, 0.0
    _, across, down, aside = _draw(seed, _GAZES, slot)
    reach = 0.8 if aside < 0.2 else 0.2
    return reach * (2.0 * across - 1.0), 0.6 * reach * (2.0 * down - 1.0)


def _lean(seed: int, time_s: float) -> tuple[float, float]:
    """Sway and tilt."""
    return 0.024 * _wave(seed, _SWAY, time_s), 0.014 * _wave(seed, _TILT, time_s)


def _wave(seed: int, which: int, time_s: float) -> float:
    """A slow wander within -1 to 1: three sines whose periods have no common multiple worth the name."""
    first, second, third, pace = _draw(seed, _WAVES, which)
    phase_s = time_s * (0.9 + 0.2 * pace)
    return _awake(time_s) * (
        0.5 * math.sin(2.0 * math.pi * (phase_s / 11.3 + first))
        + 0.3 * math.sin(2.0 * math.pi * (phase_s / 6.1 + second))
        + 0.2 * math.sin(2.0 * math.pi * (phase_s / 3.7 + third))
    )


def _awake(time_s: float) -> float:
    return _ease(time_s / _WAKING_S)


@lru_cache(maxsize=1024)
def _draw(seed: int, kind: int, index: int) -> tuple[float, float, float, float]:
    """Four numbers in [0, 1) that belong to this event."""
    a, b, c, d = np.random.default_rng((seed, kind, index)).random(4)
    return float(a), float(b), float(c), float(d)


def _ease(share: float) -> float:
    t = min(max(share, 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)
