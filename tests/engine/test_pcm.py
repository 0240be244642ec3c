"""What a program may push as sound."""

import io
import wave
from typing import Any

import numpy as np
import pytest

from bithuman.engine.pcm import pcm_of

SAMPLES = np.array([0, 1, -1, 32_767, -32_768], np.int16)
PCM = SAMPLES.tobytes()


def wav(rate: int = 16_000, channels: int = 1, width: int = 2) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((channels, width, rate, 0, "NONE", ""))
        sound.writeframes(PCM + b"\0" * (-len(PCM) % (channels * width)))
    return file.getvalue()


@pytest.mark.parametrize("data", [PCM, bytearray(PCM), memoryview(PCM), SAMPLES, wav()])
def test_all_of_these_are_the_same_sound(data: Any) -> None:
    assert pcm_of(data, 16_000) == PCM


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_are_scaled(dtype: type) -> None:
    assert pcm_of(np.array([0, 1, -1], dtype), 16_000) == np.array([0, 32_767, -32_767], "<i2").tobytes()


@pytest.mark.parametrize("data", [None, "speech.wav", [0, 1], 7, io.BytesIO(PCM)])
def test_another_type_is_refused_with_those_that_are_taken(data: Any) -> None:
    with pytest.raises(TypeError, match=f"bytes, bytearray or memoryview .*, not {type(data).__name__}"):
        pcm_of(data, 16_000)


@pytest.mark.parametrize("data", [np.zeros((2, 2), np.int16), np.zeros(4, np.int32), np.array([np.nan])])
def test_another_array_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match=r"Sound|Samples"):
        pcm_of(data, 16_000)


@pytest.mark.parametrize("data", [wav(44_100), wav(channels=2), wav(width=1)])
def test_another_wav_file_is_refused_with_what_it_is(data: bytes) -> None:
    with pytest.raises(ValueError, match="This is a WAV file of"):
        pcm_of(data, 16_000)


@pytest.mark.parametrize("size", [12, 20, 36, 43])
def test_a_header_that_is_cut_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="not whole"):
        pcm_of(wav()[:size], 16_000)


def test_chunks_around_the_sound_are_left_out() -> None:
    whole = wav()
    listed = whole[:12] + b"LIST\x03\0\0\0abc\0" + whole[12:] + b"LIST\x02\0\0\0ab"
    assert pcm_of(listed, 16_000) == PCM
