"""What the face does with what it says, beyond the mouth: it stresses some words, and may blink where it pauses.

A word is stressed by being louder and higher than those around it (Fry, "Experiments in the perception of stress",
1958); head and brows move with such words (Munhall et al., "Visual prosody and speech intelligibility", 2004). People
blink most where a phrase ends (Nakano and Kitazawa, "Eyeblink entrainment at breakpoints of speech", 2010).
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bithuman.engine.audio import Samples
from bithuman.engine.frames import FRAMES_PER_SECOND, SAMPLE_RATE_HZ, SAMPLES_PER_FRAME
from bithuman.engine.idle import blink

_FULL_SCALE = np.float32(2**15)
_QUIET_DB = -50.0  # what is softer, in dB of full scale, is no speech
_REACH_DB = 25.0  # nor is what is softer than the loudest by more
_LOUDEST_FALL_DB = 0.1  # per frame: 2.5 dB a second
_USUAL_SHARE = 0.04  # how much of a frame goes into what counts as usual: the last second

# Above what is usual, where a syllable begins to be stressed and where it wholly is.
_LOUD_DB = (2.0, 8.0)
_HIGH_SEMITONES = (1.0, 6.0)
_OCTAVE_ERROR_SEMITONES = 9.0
_LOUD_WEIGHT, _HIGH_WEIGHT = 0.6, 0.6  # either alone is not all

_FADE = 0.87  # how much of a stress is left in the next frame
_PACE = 0.5  # of the way in a frame, three times over: a head is heavy, and starts gently

_LOWEST_HZ, _HIGHEST_HZ = 70, 400
_DECIMATION = 4  # a pitch is heard as well at 4 kHz
_MEAN = np.full(_DECIMATION, 1.0 / _DECIMATION, np.float32)
_PERIODIC = 0.5  # the correlation with itself, a period later, of what has a pitch

_PHRASE_FRAMES = FRAMES_PER_SECOND
_PAUSE_FRAMES = 3
_BLINKS_PER_PAUSE = 0.6


class Expression(NamedTuple):
    """How a face goes along with what it says. Both are 0 to 1."""

    stress: float
    """How stressed it is: at rest, 0."""
    closed: float
    """How far the lids are closed because it pauses."""


class Manner:
    """Follows one speaker, 40 ms at a time.

    Args:
        seed: of the choice at which pauses to blink.
    """

    def __init__(self, seed: int) -> None:
        self._choice = np.random.default_rng(seed)
        self._loudest_db = _QUIET_DB
        self._usual_db = self._usual_pitch = 0.0
        self._last = np.zeros(SAMPLES_PER_FRAME, np.float32)
        self._held = 0.0
        self._stages = [0.0, 0.0, 0.0]
        self._heard = self._spoken = self._paused = 0
        self._blink_frames = math.inf

    def speak(self, newest: Samples) -> Expression:
        """While something is said. `newest`, (640,) int16 at 16 kHz, is the last of what is known of it: a head that
        is heavy moves with a word only if it knows of it a little before."""
        return self._move(self._accent(newest))

    def rest(self) -> Expression:
        """While nothing is said."""
        return self._move(None)

    def _accent(self, newest: Samples) -> float | None:
        """How stressed that sounds, 0 to 1; None where it is no speech."""
        sound = newest.astype(np.float32) / _FULL_SCALE
        last, self._last = self._last, sound
        level_db = 10.0 * math.log10(float(sound @ sound) / sound.size + 1e-10)
        self._loudest_db = max(level_db, self._loudest_db - _LOUDEST_FALL_DB, _QUIET_DB)
        if level_db < max(self._loudest_db - _REACH_DB, _QUIET_DB):
            return None
        above_db = level_db - self._usual_db
        self._heard += 1
        self._usual_db += above_db * max(_USUAL_SHARE, 1.0 / self._heard)
        accent = _LOUD_WEIGHT * _share(above_db, _LOUD_DB)
        if above_db > 0.0 and (hertz := _pitch_hz(np.concatenate((last, sound)))):
            semitones = 12.0 * math.log2(hertz)
            self._usual_pitch = self._usual_pitch or semitones
            above = semitones - self._usual_pitch
            if abs(above) < _OCTAVE_ERROR_SEMITONES:
                self._usual_pitch += above * _USUAL_SHARE
                accent += _HIGH_WEIGHT * _share(above, _HIGH_SEMITONES)
        return min(accent, 1.0)

    def _move(self, accent: float | None) -> Expression:
        self._held = max(accent or 0.0, _FADE * self._held)
        stress = self._held
        for stage, behind in enumerate(self._stages):
            stress = self._stages[stage] = behind + _PACE * (stress - behind)
        self._note_pause(spoken=accent is not None)
        return Expression(stress, blink(self._blink_frames / FRAMES_PER_SECOND))

    def _note_pause(self, *, spoken: bool) -> None:
        self._blink_frames += 1
        if spoken:
            self._spoken, self._paused = self._spoken + 1, 0
            return
        self._paused += 1
        if self._paused == _PAUSE_FRAMES and self._spoken >= _PHRASE_FRAMES:
            self._spoken = 0
            if self._choice.random() < _BLINKS_PER_PAUSE:
                self._blink_frames = 0


def _pitch_hz(sound: npt.NDArray[np.float32]) -> float | None:
    """The pitch of a voice, by the peak of the sound's correlation with itself; None where it has none."""
    coarse = sound.reshape(-1, _DECIMATION) @ _MEAN
    likeness = np.correlate(coarse, coarse[: coarse.size // 2], "valid")
    rate_hz = SAMPLE_RATE_HZ // _DECIMATION
    first = rate_hz // _HIGHEST_HZ
    lag = first + int(likeness[first : rate_hz // _LOWEST_HZ + 1].argmax())
    before, peak, after = (float(value) for value in likeness[lag - 1 : lag + 2])
    if peak < _PERIODIC * float(likeness[0]) or peak <= max(before, after):
        return None
    return rate_hz / (lag + 0.5 * (before - after) / (before - 2.0 * peak + after))


def _share(value: float, span: tuple[float, float]) -> float:
    return min(max((value - span[0]) / (span[1] - span[0]), 0.0), 1.0)
