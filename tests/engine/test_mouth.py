"""The mouth: what it does for sounds whose mouth every reader knows."""

import importlib.util
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bithuman.engine.audio import Resampler
from bithuman.engine.frames import FRAMES_PER_SECOND, SAMPLE_RATE_HZ, SAMPLES_PER_FRAME
from bithuman.engine.mouth import LOOK_AHEAD_SAMPLES, Mouth
from bithuman.engine.phonemes import Phone, articulate, target_of
from bithuman.engine.shape import REST, SILENT, VISEMES, Articulation, MouthShape
from bithuman.engine.speech import speak

Sound = npt.NDArray[np.float64]

# Formants of men in Hz (Peterson and Barney 1952), with bandwidths of 90 Hz or so.
AH, EE, OH = (730, 1090, 2440), (270, 2290, 3010), (430, 870, 2410)


def follow(sound: Sound, mouth: Mouth | None = None) -> list[Articulation]:
    """The mouth for a sound in [-1, 1] at 16 kHz."""
    mouth = mouth or Mouth()
    samples = np.rint(np.clip(sound, -1, 1) * 32_767).astype(np.int16)
    frames = -(-samples.size // SAMPLES_PER_FRAME)
    samples = np.pad(samples, (0, frames * SAMPLES_PER_FRAME - samples.size + LOOK_AHEAD_SAMPLES))
    return [
        mouth.speak(samples[start:][:SAMPLES_PER_FRAME], samples[start + SAMPLES_PER_FRAME :][:LOOK_AHEAD_SAMPLES])
        for start in range(0, frames * SAMPLES_PER_FRAME, SAMPLES_PER_FRAME)
    ]


def gaps(said: Sequence[Articulation]) -> npt.NDArray[np.float64]:
    """How far the lips are apart in each frame, as a picture shows it."""
    return np.array([max(articulation.shape.picture.opening, 0.0) for articulation in said])


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


def among(*sounds: Sound) -> Sound:
    """Sounds one after another, with silence around."""
    return np.concatenate((silence(0.3), *sounds, silence(0.3)))


def middle(sound: Sound, level: float = 0.1) -> MouthShape:
    """The shape in the middle of a sound, which follows an ah that lets the mouth know the speaker."""
    said = follow(among(vowel(AH, 0.3, level), silence(0.3), sound))
    at_s = 0.9 + sound.size / SAMPLE_RATE_HZ / 2
    return said[round(at_s * FRAMES_PER_SECOND)].shape


class TestSilence:
    def test_digital_silence_is_rest(self) -> None:
        said = follow(silence(1.0))
        assert [articulation.shape for articulation in said] == [REST] * 25
        assert all(articulation.visemes.argmax() == 0 for articulation in said)

    @pytest.mark.parametrize("level_db", [-80, -60, -45])
    def test_a_noise_floor_leaves_the_mouth_shut(self, level_db: float) -> None:
        assert gaps(follow(noise(3.0, level_db))).max() < 0.05

    def test_it_shuts_between_words_in_a_noisy_room(self) -> None:
        word = np.concatenate((vowel(AH), silence(0.4)))
        openings = gaps(follow(np.tile(word, 4) + noise(3.2, -50))).reshape(4, 20)
        assert openings[:, 4:8].min() > 0.2
        assert openings[1:, 13:17].max() < 0.05

    def test_it_eases_shut_when_speech_stops_coming(self) -> None:
        mouth = Mouth()
        follow(vowel(AH), mouth)
        openings = [mouth.ease_shut().shape.opening for _ in range(8)]
        assert openings == sorted(openings, reverse=True)
        assert openings[3] < 0.05
        assert mouth.ease_shut() == SILENT


class TestSounds:
    def test_ah_opens_wide(self) -> None:
        assert middle(vowel(AH)).opening > 0.5

    def test_ee_opens_less_and_spreads(self) -> None:
        assert middle(vowel(EE)).opening < 0.75 * middle(vowel(AH)).opening
        assert middle(vowel(EE)).picture.width > 0.25

    def test_oh_rounds_and_ee_does_not(self) -> None:
        assert middle(vowel(OH)).rounding > 0.3 > middle(vowel(EE)).rounding

    def test_s_shows_teeth_and_hardly_opens(self) -> None:
        hiss = middle(noise(0.3, -30, (4000, 8000)))
        assert hiss.teeth > 0.5
        assert hiss.opening < 0.25

    def test_vowels_are_not_taken_for_a_hiss(self) -> None:
        assert max(middle(vowel(formants)).teeth for formants in (AH, EE, OH)) < 0.4


class TestLoudness:
    def test_a_soft_voice_moves_the_mouth_like_a_loud_one(self) -> None:
        loud, soft = (middle(vowel(AH, level=level), level) for level in (0.2, 0.02))
        assert soft.opening > 0.7 * loud.opening


class TestTime:
    def test_it_looks_no_further_ahead_than_80_ms(self) -> None:
        before = among(vowel(AH, 0.3), vowel(EE, 0.3))
        frames = before.size // SAMPLES_PER_FRAME
        after = [follow(np.concatenate((before, rest))) for rest in (silence(0.4), vowel(OH, 0.4))]
        known = frames - LOOK_AHEAD_SAMPLES // SAMPLES_PER_FRAME
        assert [a.shape for a in after[0][:known]] == [a.shape for a in after[1][:known]]
        assert after[0][frames].shape != after[1][frames].shape

    def test_it_opens_with_the_sound(self) -> None:
        openings = gaps(follow(np.concatenate((silence(0.4), vowel(AH)))))
        assert openings[:8].max() < 0.1
        assert openings[12] > 0.3

    def test_the_same_sound_gives_the_same_mouth(self) -> None:
        sound = among(vowel(AH), noise(0.2, -30), vowel(EE))
        assert [a.shape for a in follow(sound)] == [a.shape for a in follow(sound)]

    def test_streams_do_not_disturb_each_other(self) -> None:
        one, other = Mouth(), Mouth()
        alone = follow(vowel(AH))
        beside = []
        for start in range(0, 10 * SAMPLES_PER_FRAME, SAMPLES_PER_FRAME):
            both = (np.pad(np.rint(vowel(f) * 32_767).astype(np.int16), (0, LOOK_AHEAD_SAMPLES)) for f in (AH, EE))
            for mouth, samples in zip((one, other), both, strict=True):
                rest = samples[start:]
                said = mouth.speak(rest[:SAMPLES_PER_FRAME], rest[SAMPLES_PER_FRAME:][:LOOK_AHEAD_SAMPLES])
                beside += [said] if mouth is one else []
        assert [a.shape for a in beside] == [a.shape for a in alone]

    def test_a_new_utterance_right_after_another_is_heard_from_its_start(self) -> None:
        mouth = Mouth()
        follow(vowel(AH), mouth)
        follow(np.concatenate((silence(0.2), vowel(EE))), mouth)
        assert follow(vowel(AH, 0.6), mouth)[8].shape.opening > 0.4


class TestAnything:
    @settings(deadline=None, max_examples=30)
    @given(st.lists(st.sampled_from([-32_768, -1, 0, 1, 32_767]), min_size=1, max_size=50), st.integers(1, 400))
    def test_shapes_stay_in_range(self, pattern: list[int], repeat: int) -> None:
        sound = np.resize(np.repeat(np.array(pattern, np.int16), repeat), 8 * SAMPLES_PER_FRAME)
        for shape, visemes in follow(sound / 32_768):
            assert -1 <= shape.width <= 1
            assert all(0 <= number <= 1 for number in shape._replace(width=0.0))
            assert visemes.shape == (len(VISEMES),)
            assert visemes.min() >= 0
            assert visemes.sum() == pytest.approx(1.0, abs=1e-4)


@pytest.mark.skipif(importlib.util.find_spec("piper") is None, reason="needs the voice: pip install '.[speech]'")
def test_a_voice_is_followed_as_its_own_phones_tell() -> None:
    phones: list[Phone] = []
    parts: list[Sound] = []
    start_s = 0.0
    for piece in speak("My mother baked a big blueberry pie. Maybe Bob saw the moon above the water."):
        samples = np.frombuffer(piece.pcm, "<i2").astype(np.int16)
        phones += [Phone(symbol, start_s + start, start_s + end) for symbol, start, end in piece.phones or ()]
        start_s += samples.size / piece.sample_rate
        resampler = Resampler(piece.sample_rate)
        parts.append(np.concatenate((resampler.process(samples), resampler.finish())) / 32_768)
    said = follow(np.concatenate(parts))
    asked = articulate(phones, 0, len(said))
    openings, wanted = (np.array([mouth.shape.opening for mouth in mouths]) for mouths in (said, asked))
    early, together, late = (np.corrcoef(np.roll(openings, -lag), wanted)[0, 1] for lag in (-1, 0, 1))
    assert together > 0.7
    assert together > max(early, late), "a frame off is seen"
    shut = gaps(said) < 0.05
    lips = [phone for phone in phones if target_of(phone.symbol).viseme == "PP"]
    met = [shut[int(phone.start_s * 25) : int(np.ceil(phone.end_s * 25))].any() for phone in lips]
    assert len(met) > 8
    assert np.mean(met) > 0.6
