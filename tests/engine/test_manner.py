"""How the face goes along with what it says: with what is stressed, smoothly, and back to rest."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from bithuman.engine.frames import SAMPLE_RATE_HZ, SAMPLES_PER_FRAME
from bithuman.engine.manner import Expression, Manner

Samples = npt.NDArray[np.int16]

SILENCE = np.zeros(SAMPLES_PER_FRAME, np.int16)


def voice(*syllables: tuple[float, float]) -> Samples:
    """Syllables of 0.2 s, each a buzz of an amplitude and a pitch, with a dip between them."""
    time_s = np.arange(SAMPLE_RATE_HZ // 5) / SAMPLE_RATE_HZ
    swell = np.sin(np.pi * time_s / 0.2) ** 0.5
    sounds = [
        amplitude * swell * sum(np.sin(2.0 * np.pi * n * hertz * time_s) / n for n in range(1, 8))
        for amplitude, hertz in syllables
    ]
    return np.concatenate(sounds).astype(np.int16)


def said(samples: Samples, manner: Manner | None = None) -> list[Expression]:
    manner = manner or Manner(0)
    return [manner.speak(frame) for frame in samples.reshape(-1, SAMPLES_PER_FRAME)]


USUAL = (3000.0, 110.0)
ACCENTS = {"louder": (9000.0, 110.0), "higher": (3500.0, 150.0), "both": (9000.0, 150.0)}


@pytest.mark.parametrize("accent", ACCENTS.values(), ids=list(ACCENTS))
def test_what_is_louder_or_higher_than_the_rest_is_stressed(accent: tuple[float, float]) -> None:
    before, after = 8, 5
    stress = [face.stress for face in said(voice(*[USUAL] * before, accent, *[USUAL] * after))]
    begins = before * 5
    assert begins <= int(np.argmax(stress)) <= begins + 7, "with the syllable, or just after it"
    assert max(stress) > 0.25
    assert max(stress) > 2.0 * max(stress[15:begins])
    assert max(stress[begins + 20 :]) < 0.5 * max(stress)


def test_a_voice_that_is_both_is_stressed_most() -> None:
    louder, higher, both = (max(face.stress for face in said(voice(*[USUAL] * 8, a))) for a in ACCENTS.values())
    assert both > max(louder, higher)


@pytest.mark.parametrize("gain", [0.1, 0.3, 3.0])
def test_a_soft_voice_stresses_as_a_loud_one_does(gain: float) -> None:
    speech = voice(*[USUAL] * 8, ACCENTS["both"], *[USUAL] * 4)
    soft = (speech * gain).clip(-32_768, 32_767).astype(np.int16)
    assert [face.stress for face in said(soft)] == pytest.approx([face.stress for face in said(speech)], abs=0.1)


def test_silence_and_steady_noise_stress_nothing() -> None:
    noise = np.random.default_rng(3).normal(0.0, 2000.0, 100 * SAMPLES_PER_FRAME).astype(np.int16)
    assert max(face.stress for face in said(np.zeros(100 * SAMPLES_PER_FRAME, np.int16))) == 0.0
    assert max(face.stress for face in said(noise)) < 0.1


def test_stress_comes_smoothly_and_goes_when_the_speech_is_gone() -> None:
    manner = Manner(0)
    rng = np.random.default_rng(5)
    speech = voice(*[(float(rng.uniform(1500, 12_000)), float(rng.uniform(90, 180))) for _ in range(60)])
    stress = [face.stress for face in said(speech, manner)]
    stress += [manner.rest().stress for _ in range(50)]
    assert all(0.0 <= value <= 1.0 for value in stress)
    assert max(abs(b - a) for a, b in pairwise(stress)) < 0.25
    assert stress[-1] < 0.01


def test_it_may_blink_when_a_phrase_ends_and_not_within_it() -> None:
    blinks = 0
    for seed in range(100):
        manner = Manner(seed)
        assert max(face.closed for face in said(voice(*[USUAL] * 10), manner)) == 0.0
        blinks += max(face.closed for face in said(np.concatenate([SILENCE] * 15), manner)) > 0.9
    assert 40 < blinks < 80


def test_it_does_not_blink_after_every_word() -> None:
    manner = Manner(0)
    word, gap = voice(USUAL, USUAL), np.concatenate([SILENCE] * 5)
    faces = said(np.concatenate([word, gap]), manner)
    assert max(face.closed for face in faces) == 0.0


def test_the_same_seed_does_the_same() -> None:
    speech = np.concatenate([voice(*[USUAL] * 8), np.concatenate([SILENCE] * 15)])
    assert said(speech, Manner(7)) == said(speech, Manner(7))
