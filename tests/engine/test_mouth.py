"""The mouth: what it does for sounds whose mouth every reader knows."""

import importlib.util
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bithuman.engine.audio import Resampler
from bithuman.engine.frames import SAMPLE_RATE_HZ, SAMPLES_PER_FRAME
from bithuman.engine.mouth import LOOK_AHEAD_SAMPLES, Mouth
from bithuman.engine.shape import REST, MouthShape
from bithuman.engine.speech import synthesize

Sound = npt.NDArray[np.float64]

# Formants of men in Hz (Peterson and Barney 1952), with bandwidths of 90 Hz or so.
AH, EE, OH = (730, 1090, 2440), (270, 2290, 3010), (430, 870, 2410)


def follow(sound: Sound, mouth: Mouth | None = None) -> list[MouthShape]:
    """The shapes for a sound in [-1, 1] at 16 kHz."""
    mouth = mouth or Mouth()
    samples = np.rint(np.clip(sound, -1, 1) * 32_767).astype(np.int16)
    frames = -(-samples.size // SAMPLES_PER_FRAME)
    samples = np.pad(samples, (0, frames * SAMPLES_PER_FRAME - samples.size + LOOK_AHEAD_SAMPLES))
    return [
        mouth.speak(
            samples[start : start + SAMPLES_PER_FRAME], samples[start + SAMPLES_PER_FRAME :][:LOOK_AHEAD_SAMPLES]
        )
        for start in range(0, frames * SAMPLES_PER_FRAME, SAMPLES_PER_FRAME)
    ]


def vowel(formants_hz: Sequence[int], seconds: float = 0.4, level: float = 0.1) -> Sound:
    """A voice of 120 Hz through three resonances, each harmonic as loud as they let it."""
    time_s = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    harmonics_hz = 120.0 * np.arange(1, 60)
    gain = np.ones_like(harmonics_hz)
    for formant_hz in formants_hz:
        pole = -90.0 * np.pi + 2j * np.pi * formant_hz
        at = 2j * np.pi * harmonics_hz
        gain *= np.abs(pole * np.conj(pole) / ((at - pole) * (at - np.conj(pole))))
    gain /= harmonics_hz  # a voice is softer by 6 dB an octave once it has left the lips
    sound = (gain[:, np.newaxis] * np.sin(2 * np.pi * harmonics_hz[:, np.newaxis] * time_s)).sum(axis=0)
    return np.asarray(sound * level / np.sqrt(np.mean(sound**2)))


def silence(seconds: float) -> Sound:
    return np.zeros(round(seconds * SAMPLE_RATE_HZ))


def noise(seconds: float, level_db: float, band_hz: tuple[int, int] = (0, 8000)) -> Sound:
    white = np.random.default_rng(0).standard_normal(round(seconds * SAMPLE_RATE_HZ))
    spectrum = np.fft.rfft(white)
    bins_hz = np.fft.rfftfreq(white.size, 1 / SAMPLE_RATE_HZ)
    spectrum[(bins_hz < band_hz[0]) | (bins_hz > band_hz[1])] = 0
    sound = np.fft.irfft(spectrum, white.size)
    return np.asarray(sound * 10 ** (level_db / 20) / np.sqrt(np.mean(sound**2)))


def middle(sound: Sound) -> MouthShape:
    """The shape in the middle of a sound that silence surrounds."""
    shapes = follow(np.concatenate((silence(0.2), sound, silence(0.2))))
    return shapes[len(shapes) // 2]


class TestSilence:
    def test_digital_silence_is_rest(self) -> None:
        assert follow(silence(1.0)) == [REST] * 25

    @pytest.mark.parametrize("level_db", [-80, -60, -45])
    def test_a_noise_floor_leaves_the_mouth_shut(self, level_db: float) -> None:
        assert max(shape.opening for shape in follow(noise(3.0, level_db))) < 0.03

    def test_it_shuts_between_words_in_a_noisy_room(self) -> None:
        word = np.concatenate((vowel(AH), silence(0.4)))
        shapes = follow(np.tile(word, 4) + noise(3.2, -50))
        openings = np.array([shape.opening for shape in shapes]).reshape(4, 20)
        assert openings[:, 3:8].min() > 0.5
        assert openings[:, 13:18].max() < 0.03

    def test_a_fan_that_starts_is_soon_no_speech(self) -> None:
        shapes = follow(np.concatenate((silence(1.0), noise(8.0, -45))))
        assert max(shape.opening for shape in shapes) > 0.1
        assert max(shape.opening for shape in shapes[-25:]) < 0.03

    def test_the_echo_of_loud_speech_is_not_speech(self) -> None:
        echo = vowel(AH, level=0.3 / 10 ** (45 / 20))
        assert follow(np.concatenate((silence(0.2), vowel(AH, level=0.3), echo)))[-1].opening < 0.03
        assert follow(np.concatenate((silence(0.2), echo)))[-1].opening > 0.3

    def test_it_eases_shut_when_speech_stops_coming(self) -> None:
        mouth = Mouth()
        follow(vowel(AH), mouth)
        openings = [mouth.ease_shut().opening for _ in range(8)]
        assert openings == sorted(openings, reverse=True)
        assert openings[3] < 0.05
        assert mouth.ease_shut() == REST


class TestSounds:
    def test_ah_opens_wide(self) -> None:
        assert middle(vowel(AH)).opening > 0.7

    def test_ee_opens_less_and_spreads(self) -> None:
        assert middle(vowel(EE)).opening < 0.75 * middle(vowel(AH)).opening
        assert middle(vowel(EE)).width > 0.4

    def test_oh_rounds(self) -> None:
        assert middle(vowel(OH)).width < -0.4

    def test_s_shows_teeth_and_hardly_opens(self) -> None:
        hiss = middle(noise(0.3, -30, (3000, 8000)))
        assert hiss.teeth > 0.5
        assert hiss.opening < 0.2

    def test_sh_rounds_and_s_does_not(self) -> None:
        assert middle(noise(0.3, -30, (2000, 5000))).width < -0.2 < middle(noise(0.3, -30, (4000, 8000))).width

    def test_vowels_show_no_teeth_of_their_own(self) -> None:
        assert max(middle(vowel(formants)).teeth for formants in (AH, EE, OH)) < 0.1

    def test_lips_meet_for_a_p(self) -> None:
        """70 ms without sound, in the middle of a vowel."""
        shapes = follow(np.concatenate((silence(0.2), vowel(AH, 0.3), silence(0.07), vowel(AH, 0.3))))
        openings = [shape.opening for shape in shapes]
        assert min(openings[11:16]) < 0.12
        assert openings[10] > 0.5
        assert openings[17] > 0.5


class TestLoudness:
    def test_a_soft_voice_moves_the_mouth_like_a_loud_one(self) -> None:
        loud, soft = middle(vowel(AH, level=0.2)), middle(vowel(AH, level=0.02))
        assert soft.opening == pytest.approx(loud.opening, abs=0.1)

    def test_it_gets_used_to_a_softer_voice(self) -> None:
        word = np.concatenate((vowel(AH, level=0.01), silence(0.4)))
        shapes = follow(np.concatenate((vowel(AH, level=0.3), silence(0.4), np.tile(word, 8))))
        openings = np.array([shape.opening for shape in shapes]).reshape(9, 20).max(axis=1)
        assert openings[1] < openings[8]
        assert openings[8] > 0.6


class TestTime:
    def test_lips_move_one_frame_before_the_sound_and_no_earlier(self) -> None:
        shapes = follow(np.concatenate((silence(0.4), vowel(EE))))
        assert shapes[8] == REST
        assert shapes[9].width > 0.1
        assert shapes[9].opening == 0, "they take their shape before they part"
        assert shapes[10].opening > 0.1

    def test_it_moves_no_faster_than_a_mouth(self) -> None:
        shapes = follow(np.concatenate((silence(0.2), vowel(AH))))
        assert shapes[5].opening < 0.8


class TestAnything:
    @settings(deadline=None)
    @given(st.lists(st.sampled_from([-32_768, -1, 0, 1, 32_767]), min_size=1, max_size=50), st.integers(1, 400))
    def test_shapes_stay_in_range(self, pattern: list[int], repeat: int) -> None:
        sound = np.resize(np.repeat(np.array(pattern, np.int16), repeat), 8 * SAMPLES_PER_FRAME)
        for shape in follow(sound / 32_768):
            assert 0 <= shape.opening <= 1
            assert -1 <= shape.width <= 1
            assert 0 <= shape.teeth <= 1


@pytest.mark.skipif(importlib.util.find_spec("piper") is None, reason="needs the voice: pip install '.[speech]'")
def test_real_speech_opens_the_mouth_where_it_is_loud_and_shuts_it_where_it_pauses() -> None:
    chunk = synthesize("Please call Stella. Ask her to bring these things with her from the store.")
    resampler = Resampler(chunk.sample_rate)
    sound = np.concatenate((resampler.process(chunk.data), resampler.finish())) / 32_768
    shapes = follow(sound)
    openings = np.array([shape.opening for shape in shapes])
    levels = np.sqrt(
        np.mean(np.resize(sound, len(shapes) * SAMPLES_PER_FRAME).reshape(-1, SAMPLES_PER_FRAME) ** 2, axis=1)
    )
    assert np.corrcoef(openings, levels)[0, 1] > 0.5
    assert openings[levels > np.percentile(levels, 75)].mean() > 0.35
    paused = np.convolve(levels < 0.001, np.ones(3), "same") == 3
    assert paused.any()
    assert openings[paused].max() < 0.03
