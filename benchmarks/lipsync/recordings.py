"""The speech of the benchmark: a person, and voices that the listening model was never trained on, with the times of
their phones.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.lipsync.reader import read_aloud
from benchmarks.lipsync.sentences import SENTENCES
from bithuman.engine.frames import SAMPLE_RATE_HZ, SAMPLES_PER_FRAME
from bithuman.engine.phonemes import Phone
from tools.train_mouth import festival, neural
from tools.train_mouth.take import Take

PAUSE_S = 0.6

Sound = npt.NDArray[np.float64]


class Recording(NamedTuple):
    """A voice that says several sentences, with a pause before each."""

    name: str
    sound: Sound
    """16 kHz, in [-1, 1], a whole number of frames."""
    phones: list[Phone]


VOICES: dict[str, tuple[str, Callable[[Iterable[str]], list[Take]]]] = {
    "Flite slt": ("en", lambda texts: [festival.say_flite(text, "slt") for text in texts]),
    "Hibari heart": ("en", lambda texts: [neural.say_hibari(text) for text in texts]),
    "Festival lp": ("it", lambda texts: festival.say_festival(list(texts), "lp_diphone", "it")),
    "Festival pc": ("it", lambda texts: festival.say_festival(list(texts), "pc_diphone", "it")),
    "Festival lj": ("fi", lambda texts: festival.say_festival(list(texts), "suo_fi_lj_diphone", "fi")),
    "Festival dita": ("cs", lambda texts: festival.say_festival(list(texts), "czech_dita", "cs")),
    "Festival nsh": ("ru", lambda texts: festival.say_festival(list(texts), "msu_ru_nsh_clunits", "ru")),
    "A reader of LibriVox": ("en", lambda _: read_aloud()),
}


def record(name: str) -> Recording:
    """Let a voice of the benchmark speak."""
    language, say = VOICES[name]
    pause = np.zeros(round(PAUSE_S * SAMPLE_RATE_HZ))
    sound, phones = pause, [Phone("", 0.0, PAUSE_S)]
    for take in say(SENTENCES[language]):
        start_s = sound.size / SAMPLE_RATE_HZ
        phones += [Phone(symbol, start_s + start, start_s + end) for symbol, start, end in take.phones]
        sound = np.concatenate((sound, take.samples, pause))
        phones.append(Phone("", phones[-1].end_s, sound.size / SAMPLE_RATE_HZ))
    sound = np.pad(sound, (0, -sound.size % SAMPLES_PER_FRAME)) * 0.06 / np.sqrt(np.mean(sound**2))
    return Recording(f"{name} ({language})", np.clip(sound, -1.0, 1.0), phones)


def with_noise(recording: Recording, snr_db: float, seed: int = 0) -> Recording:
    """The same in pink noise that is so many decibels below the speech."""
    noise = pink_noise(recording.sound.size, seed)
    level = np.sqrt(np.mean(recording.sound**2)) * 10 ** (-snr_db / 20)
    return recording._replace(name=f"{recording.name}, {snr_db:.0f} dB SNR", sound=recording.sound + level * noise)


def pink_noise(samples: int, seed: int = 0) -> Sound:
    """Noise with equal power in every octave, of mean square one."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(samples))
    spectrum /= np.sqrt(np.maximum(np.arange(spectrum.size), 20))
    noise = np.fft.irfft(spectrum, samples)
    return np.asarray(noise / np.sqrt(np.mean(noise**2)))
