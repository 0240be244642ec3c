"""Sound in: any rate, any file, or a clear no; and the chunks that carry it."""

from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bithuman.engine.audio import Resampler, read_audio
from bithuman.engine.frames import AudioChunk, VideoControl, VideoFrame
from bithuman.errors import MediaError
from tests.doubles.sounds import tone, write_wav

RATES = [8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000]


def joined(blocks: list[npt.NDArray[np.int16]]) -> npt.NDArray[np.int16]:
    return np.concatenate([np.zeros(0, np.int16), *blocks])


class TestResampler:
    @pytest.mark.parametrize("rate", RATES)
    def test_a_tone_keeps_its_length_place_and_loudness(self, rate: int) -> None:
        resampler = Resampler(rate)
        heard = joined([resampler.process(tone(1.0, rate, pitch_hz=440)), resampler.finish()])
        assert heard.dtype == np.int16
        assert heard.size == pytest.approx(16_000, abs=1)
        inside = slice(800, 15_000)  # the ends ring
        np.testing.assert_allclose(heard[inside], tone(1.0, 16_000, pitch_hz=440)[inside], atol=30)

    @settings(deadline=None)
    @given(rate=st.sampled_from(RATES), cuts=st.sets(st.integers(1, 4000), max_size=30))
    def test_cuts_change_nothing(self, rate: int, cuts: set[int]) -> None:
        sound = np.random.default_rng(0).integers(-20_000, 20_000, 4000).astype(np.int16)
        whole, pieces = Resampler(rate), Resampler(rate)
        expected = joined([whole.process(sound), whole.finish()])
        heard = joined([*(pieces.process(piece) for piece in np.split(sound, sorted(cuts))), pieces.finish()])
        np.testing.assert_array_equal(heard, expected)

    def test_full_scale_is_clipped_and_does_not_wrap(self) -> None:
        square = np.where(np.arange(4800) % 96 < 48, 32_767, -32_768).astype(np.int16)
        resampler = Resampler(48_000)
        heard = joined([resampler.process(square), resampler.finish()]).reshape(-1, 32)
        assert heard[5:-5, 2:14].min() > 20_000
        assert heard[5:-5, 18:30].max() < -20_000

    @pytest.mark.parametrize("rate", [0, -1, 7999, 48_001])
    def test_other_rates_are_refused(self, rate: int) -> None:
        with pytest.raises(ValueError, match=f"{rate} does not"):
            Resampler(rate)


class TestReadAudio:
    @pytest.mark.parametrize("rate", [8000, 22050, 44100, 96000])
    @pytest.mark.parametrize("channels", [1, 2])
    def test_a_wav_of_any_rate_comes_as_16_khz_mono(self, tmp_path: Path, rate: int, channels: int) -> None:
        sound = np.repeat(tone(1.0, rate, pitch_hz=440)[:, np.newaxis], channels, axis=1)
        heard = joined(list(read_audio(write_wav(tmp_path / "speech.wav", sound, rate))))
        assert heard.dtype == np.int16
        assert heard.size == pytest.approx(16_000, abs=20)
        inside = slice(800, 15_000)
        np.testing.assert_allclose(heard[inside], tone(1.0, 16_000, pitch_hz=440)[inside], atol=100)

    def test_an_mp3_is_read_too(self, tmp_path: Path) -> None:
        path = tmp_path / "speech.mp3"
        with av.open(path, "w") as container:
            stream = container.add_stream("mp3", 44_100, layout="mono")
            frame = av.AudioFrame.from_ndarray(tone(1.0, 44_100, pitch_hz=440)[np.newaxis], format="s16", layout="mono")
            frame.sample_rate = 44_100
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        heard = joined(list(read_audio(path))).astype(float)
        assert heard.size == pytest.approx(16_000, rel=0.1)
        spectrum = np.abs(np.fft.rfft(heard[4000:12_000]))
        assert np.argmax(spectrum) == pytest.approx(440 / 2, abs=1)

    def test_an_empty_recording_is_empty(self, tmp_path: Path) -> None:
        path = write_wav(tmp_path / "empty.wav", np.zeros(0, np.int16))
        assert joined(list(read_audio(path))).size == 0

    def test_a_missing_file_is_told_before_anything_is_read(self, tmp_path: Path) -> None:
        with pytest.raises(MediaError, match="There is no file"):
            read_audio(tmp_path / "nothing.wav")

    def test_a_folder_is_no_recording(self, tmp_path: Path) -> None:
        with pytest.raises(MediaError, match="is not a file"):
            read_audio(tmp_path)

    @pytest.mark.parametrize("content", [b"", b"hello", b"RIFF\x24\0\0\0WAVEfmt ", bytes(5000)])
    def test_a_file_that_is_no_sound_is_told_with_a_cure(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "speech.wav"
        path.write_bytes(content)
        with pytest.raises(MediaError) as told:
            list(read_audio(path))
        assert str(path) in told.value.message
        assert told.value.cure

    def test_a_picture_holds_no_sound(self, tmp_path: Path) -> None:
        path = tmp_path / "silent.mp4"
        with av.open(path, "w") as container:
            stream = container.add_stream("libx264", 25)
            stream.width = stream.height = 64
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="bgr24")))
            container.mux(stream.encode(None))
        with pytest.raises(MediaError, match="holds no sound"):
            read_audio(path)


class TestAudioChunk:
    def test_bytes_in_and_out(self) -> None:
        chunk = AudioChunk.from_bytes(b"\x01\x00\xff\x7f\x00\x80", 16_000)
        assert chunk.array.tolist() == [1, 32_767, -32_768]
        assert chunk.bytes == b"\x01\x00\xff\x7f\x00\x80"
        assert chunk.last_chunk

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_floats_are_rounded_and_clipped(self, dtype: type) -> None:
        chunk = AudioChunk(np.array([0, 1, -1, 2, -2, 0.5], dtype), 16_000)
        assert chunk.data.tolist() == [0, 32_767, -32_767, 32_767, -32_767, 16_384]

    def test_duration(self) -> None:
        assert AudioChunk(np.zeros(12_000, np.int16), 48_000).duration == 0.25

    @pytest.mark.parametrize(
        "data",
        [
            np.zeros((2, 5), np.int16),
            np.zeros(5, np.int32),
            np.zeros(5, np.uint8),
            np.array([np.nan]),
            b"\x01",
            [1, 2, 3],
            None,
        ],
    )
    def test_anything_else_is_refused(self, data: object) -> None:
        with pytest.raises(ValueError):
            AudioChunk(data, 16_000)  # type: ignore[arg-type]  # that is the test

    def test_a_rate_is_positive(self) -> None:
        with pytest.raises(ValueError, match="positive"):
            AudioChunk(np.zeros(1, np.int16), 0)


class TestFrames:
    def test_a_frame_without_an_image(self) -> None:
        frame = VideoFrame(frame_index=3)
        assert not frame.has_image
        assert frame.rgb_image is None

    def test_rgb_is_a_view_of_bgr(self) -> None:
        image = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
        rgb = VideoFrame(image).rgb_image
        assert rgb is not None
        assert rgb[0, 0].tolist() == [2, 1, 0]
        assert np.shares_memory(rgb, image)

    def test_a_control_speaks_acts_or_idles(self) -> None:
        assert VideoControl().is_idle
        assert not VideoControl(action="wave").is_idle
        control = VideoControl.from_audio(b"\x01\x00", 16_000, last_chunk=False)
        assert control.is_speaking
        assert not control.is_idle
        assert control.audio is not None
        assert not control.audio.last_chunk
        assert control.message_id != VideoControl().message_id
