"""Ours, and what else there is to install that makes a mouth of speech."""

import os
import subprocess
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.lipsync.measures import Mouthing, mouthing, truth_of
from benchmarks.lipsync.recordings import Sound
from benchmarks.lipsync.sphinx import find_phones
from bithuman.engine.frames import FRAMES_PER_SECOND, SAMPLE_RATE_HZ, SAMPLES_PER_FRAME
from bithuman.engine.mouth import LOOK_AHEAD_SAMPLES, Mouth
from bithuman.engine.phonemes import Phone
from bithuman.engine.shape import VISEMES

# pylipsync knows silence and five vowels: how far each opens and rounds the lips, and which viseme it is.
_VOWELS = {
    "silence": (0.0, 0.0, "sil"),
    "aa": (0.85, 0.0, "aa"),
    "ee": (0.45, 0.0, "E"),
    "ih": (0.25, 0.0, "ih"),
    "oh": (0.5, 0.7, "oh"),
    "ou": (0.2, 0.9, "ou"),
}

# A phone of each of HeadAudio's visemes, in its order: aa E ih oh ou PP SS TH DD FF kk nn RR CH sil.
_HEADAUDIO_PHONES = ("ɑ", "ɛ", "i", "o", "u", "p", "s", "θ", "d", "f", "k", "n", "ɹ", "ʃ", "")


def ours(sound: Sound) -> Mouthing:
    """The engine's mouth, as a stream."""
    samples = np.pad(_int16(sound), (0, LOOK_AHEAD_SAMPLES))
    mouth = Mouth()
    return mouthing(
        [
            mouth.speak(samples[start:][:SAMPLES_PER_FRAME], samples[start + SAMPLES_PER_FRAME :][:LOOK_AHEAD_SAMPLES])
            for start in range(0, samples.size - LOOK_AHEAD_SAMPLES, SAMPLES_PER_FRAME)
        ]
    )


def energy(sound: Sound) -> Mouthing:
    """The envelope alone: from shut at 40 dB below the loudest frame to wide open at the loudest."""
    level_db = 20 * np.log10(np.sqrt(np.mean(sound.reshape(-1, SAMPLES_PER_FRAME) ** 2, axis=1)) + 1e-6)
    opening = np.clip((level_db - level_db.max() + 40) / 40, 0, 1)
    return Mouthing(opening, opening)


def pylipsync(sound: Sound) -> Mouthing:
    """Templates of five vowels over MFCC (uLipSync), with the package's own settings; it sees the whole file."""
    from pylipsync import PhonemeAnalyzer

    segments = PhonemeAnalyzer().extract_phoneme_segments(
        sound.astype(np.float32), SAMPLE_RATE_HZ, fps=FRAMES_PER_SECOND
    )
    weights = np.array([[_weight(segment, name) for name in _VOWELS] for segment in segments])
    openings, roundings, visemes = zip(*_VOWELS.values(), strict=True)
    return Mouthing(
        weights @ np.array(openings),
        weights @ np.array(openings),
        weights @ np.array(roundings),
        np.array([VISEMES.index(viseme) for viseme in visemes])[weights.argmax(axis=1)],
    )


def pocketsphinx(sound: Sound) -> Mouthing:
    """What PocketSphinx hears in the whole file; its phones then go the way that known phones go."""
    return truth_of(find_phones(_int16(sound)), sound.size // SAMPLES_PER_FRAME)


def headaudio(sound: Sound) -> Mouthing:
    """Gaussians over MFCC (TalkingHead's HeadAudio), in Node; its visemes go the way that known phones go."""
    folder = Path(os.environ.get("HEADAUDIO", "out/headaudio/package"))
    with tempfile.NamedTemporaryFile(suffix=".f32") as file:
        sound.astype("<f4").tofile(file)
        command = ["node", str(Path(__file__).with_name("headaudio.mjs")), str(folder.resolve()), file.name]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = [(float(time), int(number)) for time, number in (line.split() for line in told.splitlines())]
    rows.append((sound.size / SAMPLE_RATE_HZ, -1))
    phones = [
        Phone(_HEADAUDIO_PHONES[number] if number >= 0 else "", time, end)
        for (time, number), (end, _) in pairwise(rows)
    ]
    return truth_of(phones, sound.size // SAMPLES_PER_FRAME)


METHODS: dict[str, Callable[[Sound], Mouthing]] = {
    "this engine": ours,
    "energy": energy,
    "pylipsync": pylipsync,
    "HeadAudio": headaudio,
    "pocketsphinx": pocketsphinx,
}


def _weight(segment: Any, name: str) -> float:
    return float(sum(phoneme.target for phoneme in segment.phonemes if phoneme.name == name))


def _int16(sound: Sound) -> npt.NDArray[np.int16]:
    return np.rint(np.clip(sound, -1, 1) * 32_767).astype(np.int16)
