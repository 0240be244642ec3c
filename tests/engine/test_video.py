"""MP4 out, read back: the same frames, their sound in step, and no half-written file."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest

from bithuman.engine.frames import SAMPLE_RATE_HZ, SAMPLES_PER_FRAME, AudioChunk, VideoFrame
from bithuman.engine.video import VideoWriter
from bithuman.errors import MediaError

WIDTH, HEIGHT = 64, 48
GREY, WHITE = 60, 250


def image(value: int | tuple[int, int, int]) -> npt.NDArray[np.uint8]:
    return np.full((HEIGHT, WIDTH, 3), value, np.uint8)


def chunk(loud: bool = True, size: int = SAMPLES_PER_FRAME, sample_rate: int = SAMPLE_RATE_HZ) -> AudioChunk:
    tone = np.sin(2 * np.pi * 1000 * np.arange(size) / SAMPLE_RATE_HZ) * 15_000
    return AudioChunk((tone * loud).astype(np.int16), sample_rate)


def images_of(path: Path) -> list[npt.NDArray[Any]]:
    with av.open(path) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]


def sound_of(path: Path) -> npt.NDArray[np.float32]:
    with av.open(path) as container:
        return np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])


def test_sound_and_picture_are_in_step(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    claps = (10, 40, 41, 99)
    with VideoWriter(path, WIDTH, HEIGHT) as video:
        for index in range(100):
            video.write(VideoFrame(image(WHITE if index in claps else GREY), chunk(index in claps)))
    seen = [index for index, picture in enumerate(images_of(path)) if picture.mean() > 155]
    loud = np.abs(sound_of(path)[: 100 * SAMPLES_PER_FRAME]).reshape(100, SAMPLES_PER_FRAME).mean(axis=1) > 0.1
    assert seen == list(claps)
    assert np.flatnonzero(loud).tolist() == list(claps)


def test_both_streams_start_together_and_last_as_long(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    with VideoWriter(path, WIDTH, HEIGHT) as video:
        for _ in range(33):
            video.write(VideoFrame(image(GREY), chunk()))
    with av.open(path) as container:
        picture, sound = container.streams.video[0], container.streams.audio[0]
        for stream in (picture, sound):
            assert stream.start_time == 0
            assert stream.duration is not None
            assert stream.time_base is not None
            assert stream.duration * stream.time_base == pytest.approx(33 / 25)
        assert picture.average_rate == Fraction(25)
        assert (picture.codec_context.name, picture.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (sound.codec_context.name, sound.codec_context.sample_rate) == ("aac", SAMPLE_RATE_HZ)


@pytest.mark.parametrize("colour", [(200, 60, 40), (40, 200, 60), (40, 60, 200), (255, 255, 255), (0, 0, 0)])
def test_colours_are_kept(tmp_path: Path, colour: tuple[int, int, int]) -> None:
    path = tmp_path / "out.mp4"
    with VideoWriter(path, WIDTH, HEIGHT) as video:
        video.write(VideoFrame(image(colour)))
    np.testing.assert_allclose(images_of(path)[0].mean(axis=(0, 1)), colour, atol=6)


def test_it_can_be_played_while_it_loads_and_says_that_it_is_synthetic(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    with VideoWriter(path, WIDTH, HEIGHT) as video:
        video.write(VideoFrame(image(GREY)))
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    with av.open(path) as container:
        assert "Synthetic" in container.metadata["comment"]


def test_a_pause_repeats_the_last_image_in_silence_and_is_black_before_the_first(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    with VideoWriter(path, WIDTH, HEIGHT) as video:
        video.write(VideoFrame())
        for _ in range(5):
            video.write(VideoFrame(image(WHITE), chunk()))
        for _ in range(5):
            video.write(VideoFrame())
    brightness = [picture.mean() for picture in images_of(path)]
    assert brightness[0] < 10
    assert min(brightness[1:]) > 240
    assert len(brightness) == 11
    assert np.abs(sound_of(path)[7 * SAMPLES_PER_FRAME :]).max() < 0.01


@pytest.mark.parametrize(("width", "height"), [(65, 48), (64, 49), (65, 49)])
def test_an_odd_size_is_rounded_up(tmp_path: Path, width: int, height: int) -> None:
    path = tmp_path / "out.mp4"
    with VideoWriter(path, width, height) as video:
        video.write(VideoFrame(np.full((height, width, 3), WHITE, np.uint8)))
    (picture,) = images_of(path)
    assert picture.shape[:2] == (height + height % 2, width + width % 2)
    assert picture.min() > 240


class TestMisuse:
    @pytest.mark.parametrize(("width", "height"), [(0, 48), (64, 0), (-2, 48)])
    def test_sizes_that_the_format_cannot_hold(self, width: int, height: int) -> None:
        with pytest.raises(ValueError, match="positive"):
            VideoWriter("out.mp4", width, height)

    @pytest.mark.parametrize("fps", [0, -25, 30])
    def test_rates_whose_frames_are_no_whole_samples(self, fps: int) -> None:
        with pytest.raises(ValueError, match=f"{fps} does not"):
            VideoWriter("out.mp4", WIDTH, HEIGHT, fps)

    @pytest.mark.parametrize(
        "frame",
        [
            VideoFrame(np.zeros((HEIGHT, WIDTH + 2, 3), np.uint8)),
            VideoFrame(image(GREY), chunk(size=SAMPLES_PER_FRAME - 1)),
            VideoFrame(image(GREY), chunk(sample_rate=48_000)),
        ],
    )
    def test_a_frame_of_another_make(self, tmp_path: Path, frame: VideoFrame) -> None:
        with pytest.raises(ValueError, match="came"), VideoWriter(tmp_path / "out.mp4", WIDTH, HEIGHT) as video:
            video.write(frame)


class TestFailure:
    def test_a_block_that_fails_leaves_no_file_and_the_old_one_as_it_was(self, tmp_path: Path) -> None:
        path = tmp_path / "out.mp4"
        path.write_bytes(b"before")

        def fail_midway() -> None:
            with VideoWriter(path, WIDTH, HEIGHT) as video:
                video.write(VideoFrame(image(GREY)))
                assert path.read_bytes() == b"before", "nothing is there before it is whole"
                raise KeyError

        with pytest.raises(KeyError):
            fail_midway()
        assert [(entry.name, entry.read_bytes()) for entry in tmp_path.iterdir()] == [("out.mp4", b"before")]

    def test_success_leaves_the_file_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "out.mp4"
        path.write_bytes(b"before")
        with VideoWriter(path, WIDTH, HEIGHT) as video:
            video.write(VideoFrame(image(GREY)))
        assert list(tmp_path.iterdir()) == [path]
        assert len(images_of(path)) == 1

    def test_a_video_of_nothing_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(MediaError, match="No frame"), VideoWriter(tmp_path / "out.mp4", WIDTH, HEIGHT):
            pass
        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize("name", ["missing/out.mp4", "file/out.mp4", "."])
    def test_a_path_that_cannot_be_written_is_told_at_once(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(MediaError) as told, VideoWriter(tmp_path / name, WIDTH, HEIGHT):
            pytest.fail("it was opened")
        assert told.value.cure

    def test_an_encoder_that_cannot_open_leaves_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*args: Any, **options: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(av, "open", refuse)
        with pytest.raises(MediaError, match="No space left"), VideoWriter(tmp_path / "out.mp4", WIDTH, HEIGHT):
            pytest.fail("it was opened")
        assert not list(tmp_path.iterdir())

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
    def test_a_full_disk_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        opened = av.open
        monkeypatch.setattr(av, "open", lambda path, *args, **options: opened("/dev/full", *args, **options))

        def write_too_much() -> None:
            with VideoWriter(tmp_path / "out.mp4", WIDTH, HEIGHT) as video:
                for _ in range(50):
                    video.write(VideoFrame(image(GREY), chunk()))

        with pytest.raises(MediaError, match="could not be written"):
            write_too_much()
        assert not list(tmp_path.iterdir())
