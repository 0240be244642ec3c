"""How near a mouth comes to the mouth that the phones ask for. All of it at 25 frames a second."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bithuman.engine.frames import FRAMES_PER_SECOND
from bithuman.engine.phonemes import Phone, articulate, target_of
from bithuman.engine.shape import Articulation, MouthShape

SHUT = 0.05
"""Lips less than this far apart are seen as closed; 1 is wide open."""

_AT_ONCE = 100
_FRAME_S = 1 / FRAMES_PER_SECOND
_LONG_PAUSE_S, _PAUSE_EDGE_S = 0.2, 0.08
_ROUNDED = 0.4
_ROUND_SOUNDS = frozenset("uʊowɔ")

Floats = npt.NDArray[np.float64]


class Mouthing(NamedTuple):
    """What a method made of some speech, a row for each frame. What it does not tell is None."""

    opening: Floats
    """How far the jaw is down, 0 to 1."""
    gap: Floats
    """How far the lips are apart, 0 to 1: none while they are pressed together."""
    rounding: Floats | None = None
    visemes: npt.NDArray[np.intp] | None = None
    """The strongest viseme."""


class Score(NamedTuple):
    """Figures of one method on one voice."""

    opening_r: float
    """Correlation of the opening with the truth's, over all frames."""
    gap_r: float
    """The same of the gap between the lips."""
    viseme: float | None
    """Share of the frames within speech whose strongest viseme is the truth's."""
    closed: float
    """Share of the p, b and m during which the lips are seen closed in at least one frame."""
    false_closed: float
    """Closures a second of speech that touch no p, b or m."""
    rounded: float | None
    """Share of the u, o and w during which the rounding exceeds 0.4 in at least one frame."""
    rounding_r: float | None
    silent: float
    """Share of the frames in pauses of 200 ms and more (their first and last 80 ms aside) with closed lips."""
    offset_ms: float
    """By how much the mouth is late, where its correlation with the truth is greatest; negative is early."""


def mouthing(articulations: Sequence[Articulation]) -> Mouthing:
    """What articulations amount to, as seen."""
    return Mouthing(
        np.array([articulation.shape.opening for articulation in articulations]),
        np.array([gap(articulation.shape) for articulation in articulations]),
        np.array([articulation.shape.rounding for articulation in articulations]),
        np.array([articulation.visemes.argmax() for articulation in articulations]),
    )


def truth_of(phones: Sequence[Phone], frames: int) -> Mouthing:
    """What the phones ask for, a few seconds at a time."""
    starts = range(0, frames, _AT_ONCE)
    return mouthing([each for start in starts for each in articulate(phones, start, min(_AT_ONCE, frames - start))])


def gap(shape: MouthShape) -> float:
    """How far apart a shape's lips are."""
    return max(shape.picture.opening, 0.0)


def score(made: Mouthing, phones: Sequence[Phone]) -> Score:
    """Hold what was made of some speech against its phones."""
    frames = made.gap.size
    truth = truth_of(phones, frames)
    assert truth.visemes is not None
    assert truth.rounding is not None
    speech = truth.visemes != 0
    shut = made.gap < SHUT
    lips = [_frames(phone, frames) for phone in phones if target_of(phone.symbol).viseme == "PP"]
    rounds = [_frames(phone, frames) for phone in phones if phone.symbol.strip("ˈˌː")[:1] in _ROUND_SOUNDS]
    pauses = [
        _frames(Phone("", phone.start_s + _PAUSE_EDGE_S, phone.end_s - _PAUSE_EDGE_S), frames)
        for phone in _pauses(phones)
        if phone.end_s - phone.start_s >= _LONG_PAUSE_S
    ]
    return Score(
        opening_r=_r(made.opening, truth.opening),
        gap_r=_r(made.gap, truth.gap),
        viseme=None if made.visemes is None else float(np.mean(made.visemes[speech] == truth.visemes[speech])),
        closed=_share([bool(shut[span].any()) for span in lips]),
        false_closed=_false_closures(shut, lips, speech) / (speech.sum() * _FRAME_S),
        rounded=None if made.rounding is None else _share([bool((made.rounding[s] > _ROUNDED).any()) for s in rounds]),
        rounding_r=None if made.rounding is None else _r(made.rounding[speech], truth.rounding[speech]),
        silent=float(np.mean(np.concatenate([shut[span] for span in pauses]))),
        offset_ms=_offset_ms(made.opening, phones),
    )


def jitter(made: Mouthing) -> float:
    """How much the gap changes from frame to frame, on average."""
    return float(np.abs(np.diff(made.gap)).mean())


def _frames(phone: Phone, frames: int) -> slice:
    """The frames that a phone has a part in."""
    first = int(phone.start_s / _FRAME_S)
    return slice(min(first, frames - 1), min(max(int(np.ceil(phone.end_s / _FRAME_S)), first + 1), frames))


def _pauses(phones: Sequence[Phone]) -> list[Phone]:
    """Silences, those that follow each other joined."""
    joined: list[Phone] = []
    for phone in phones:
        if phone.symbol:
            continue
        if joined and phone.start_s - joined[-1].end_s < 1e-3:
            joined[-1] = joined[-1]._replace(end_s=phone.end_s)
        else:
            joined.append(phone)
    return joined


def _false_closures(shut: npt.NDArray[np.bool_], lips: Sequence[slice], speech: npt.NDArray[np.bool_]) -> int:
    allowed = ~speech
    for span in lips:
        allowed[max(span.start - 1, 0) : span.stop + 1] = True
    edges = np.diff(np.concatenate(([0], shut.astype(np.int8), [0])))
    runs = zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True)
    return sum(not allowed[start:stop].any() for start, stop in runs)


def _offset_ms(made: Floats, phones: Sequence[Phone]) -> float:
    """How much later the phones would have to be for the greatest correlation."""

    def r(late_ms: int) -> float:
        late = [Phone(symbol, start + late_ms / 1000, end + late_ms / 1000) for symbol, start, end in phones]
        return _r(made, truth_of(late, made.size).opening)

    return float(max(range(-100, 101, 10), key=r))


def _r(one: Floats, other: Floats) -> float:
    return float(np.corrcoef(one, other)[0, 1])


def _share(hits: Sequence[bool]) -> float:
    return float(np.mean(hits))
