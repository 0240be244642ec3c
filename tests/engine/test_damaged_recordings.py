"""Recordings that were joined, cut or damaged, and files that are no recordings."""

import os
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from bithuman.engine.audio import read_audio
from bithuman.errors import MediaError
from tests.doubles.sounds import tone

FORMATS = {"mp3": ("mp3", "libmp3lame"), "aac": ("adts", "aac")}

Encode = Callable[[int], bytes]


@pytest.fixture(params=FORMATS)
def encode(request: pytest.FixtureRequest, tmp_path: Path) -> Encode:
    """Two seconds of a tone at a rate, as the bytes of a file."""
    container_format, codec = FORMATS[request.param]

    def encoded(rate: int) -> bytes:
        path = tmp_path / "tone"
        with av.open(path, "w", format=container_format) as container:
            stream = container.add_stream(codec, rate=rate, layout="mono")
            assert isinstance(stream, av.AudioStream)
            frame = av.AudioFrame.from_ndarray(tone(2.0, rate)[np.newaxis], format="s16", layout="mono")
            frame.sample_rate = rate
            for part in (frame, None):
                container.mux(stream.encode(part))
        return path.read_bytes()

    return encoded


def read(content: bytes, folder: Path) -> tuple[float, list[str]]:
    """How many seconds are read, and what is said of them."""
    path, said = folder / "speech", list[str]()
    path.write_bytes(content)
    seconds = sum(map(len, read_audio(path, said.append))) / 16_000
    return seconds, [sentence.removeprefix(f"{path} ") for sentence in said]


def test_joined_pieces_of_two_rates_are_whole(encode: Encode, tmp_path: Path) -> None:
    seconds, said = read(encode(44_100) + encode(22_050), tmp_path)
    assert seconds == pytest.approx(4.0, abs=0.2)
    assert "changes its sample rate or channels at 2.0 s." in said


@pytest.mark.parametrize("damage", [np.random.default_rng(0).bytes(800), bytes(800)], ids=["noise", "zeros"])
def test_what_is_damaged_in_the_middle_is_left_out(encode: Encode, tmp_path: Path, damage: bytes) -> None:
    whole = encode(44_100)
    half = len(whole) // 2
    seconds, said = read(whole[:half] + damage + whole[half:], tmp_path)
    assert seconds == pytest.approx(2.0, abs=0.25)
    assert said == ["is damaged at 1.0 s. What is damaged is left out."]


def test_a_file_that_is_cut_is_read_as_far_as_it_goes(encode: Encode, tmp_path: Path) -> None:
    whole = encode(44_100)
    assert read(whole[: len(whole) // 2], tmp_path)[0] == pytest.approx(1.0, abs=0.1)


def test_a_program_hears_of_damage_as_a_warning(encode: Encode, tmp_path: Path) -> None:
    (tmp_path / "speech").write_bytes(encode(44_100) + encode(22_050))
    with pytest.warns(UserWarning, match=r"speech (changes|is damaged)"):
        list(read_audio(tmp_path / "speech"))


@pytest.mark.parametrize(
    "text",
    [
        "ffconcat version 1.0\nfile tone\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\ntone\n#EXT-X-ENDLIST\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
    ],
    ids=["ffconcat", "HLS", "SDP"],
)
def test_a_list_of_other_files_is_refused(encode: Encode, tmp_path: Path, text: str) -> None:
    encode(44_100)
    (tmp_path / "list").write_text(text)
    with pytest.raises(MediaError, match=r"a list of other files|cannot be read as sound"):
        read_audio(tmp_path / "list")


def test_a_pipe_and_a_device_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(MediaError, match="is not a file"):
            read_audio(path)
