"""What is learned from: the spectra of what the voices say, and beside them the mouth that says it."""

import pickle
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bithuman.engine.features import HOP, WINDOW, power_spectra
from bithuman.engine.frames import SAMPLE_RATE_HZ
from bithuman.engine.phonemes import Phone, trace
from bithuman.engine.shape import MouthShape
from tools.train_mouth.morph import morph
from tools.train_mouth.take import Take
from tools.train_mouth.voices import Voice

HOPS_PER_SECOND = 100
_LOUD = 10.0 ** (-1.2)  # every take is made as loud as this (root mean square)
_BATCH = 15
_CLOSURE = MouthShape._fields.index("closure")

Halves = npt.NDArray[np.float16]


class Recording(NamedTuple):
    """What is kept of a take: its spectra, and its sounds, from which the truth can be made anew."""

    spectra: Halves
    """Power in bels, shape (hops, 257)."""
    phones: list[Phone]


class Lesson(NamedTuple):
    """One take, hop by hop (10 ms)."""

    spectra: Halves
    """Power in bels, shape (hops, 257)."""
    shapes: Halves
    """The seven numbers of `MouthShape`, shape (hops, 7)."""
    visemes: Halves
    """Shape (hops, 15)."""
    pressed: npt.NDArray[np.bool_]
    """Whether the lips are together for p, b or m, shape (hops,)."""


def learn(voice: Voice, folder: Path, seed: int) -> list[Lesson]:
    """The lessons of a voice. What it said is made once, and kept in a folder."""
    file = folder / f"{voice.name}.pickle"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        file.write_bytes(pickle.dumps(_record(voice, np.random.default_rng([seed, *voice.name.encode()]))))
    recordings: list[Recording] = pickle.loads(file.read_bytes())  # noqa: S301  # written above
    return [_lesson(recording) for recording in recordings]


def _record(voice: Voice, rng: np.random.Generator) -> list[Recording]:
    recordings: list[Recording] = []
    hops = 0
    while hops < voice.minutes * 60 * HOPS_PER_SECOND:
        takes = [take for take in voice.takes(rng, _BATCH) if take.samples.size > SAMPLE_RATE_HZ]
        takes += [morph(take, rng) for take in takes for _ in range(voice.morphs)]
        made = [_keep(take) for take in takes]
        recordings += made
        hops += sum(len(recording.spectra) for recording in made)
    return recordings


def _keep(take: Take) -> Recording:
    loudness = max(float(np.sqrt(np.mean(np.square(take.samples)))), 1e-4)
    hops = take.samples.size // HOP
    sound = (take.samples[: hops * HOP] * (_LOUD / loudness * 32_768)).astype(np.float32)
    power = power_spectra(np.pad(sound, (WINDOW - HOP, 0)))
    return Recording(np.log10(power + 1e-9).astype(np.float16), take.phones)


def _lesson(recording: Recording) -> Lesson:
    times_s = (np.arange(len(recording.spectra)) + 0.5) / HOPS_PER_SECOND
    shapes, visemes = trace(recording.phones, times_s)
    pressed = shapes[:, _CLOSURE] > 0.5
    return Lesson(recording.spectra, shapes.astype(np.float16), visemes.astype(np.float16), pressed)
