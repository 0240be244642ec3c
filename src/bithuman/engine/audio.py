"""Sound from anywhere, as the engine hears it: 16 kHz, mono, int16."""

import errno
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from operator import index
from pathlib import Path

import av
import av.error
import numpy as np
import numpy.typing as npt
import soxr

from bithuman.engine.frames import SAMPLE_RATE_HZ
from bithuman.errors import MediaError

MIN_RATE_HZ = 8_000
MAX_RATE_HZ = 48_000

_LOWEST, _HIGHEST = -32_768, 32_767

# Formats whose files name other files or addresses, which would be read in their place.
_NAMES_OTHER_FILES = frozenset(
    {
        "concat",
        "dash",
        "hls",
        "image2",
        "image2pipe",
        "imf",
        "lavfi",
        "rtp",
        "rtsp",
        "sap",
        "sdp",
        "tee",
        "webm_dash_manifest",
    }
)

Samples = npt.NDArray[np.int16]


def _warn(sentence: str) -> None:
    warnings.warn(sentence, UserWarning, stacklevel=3)


class Resampler:
    """A stream of int16 mono sound at one rate, turned into 16 kHz.

    What comes out does not depend on how the input was cut. It keeps back a few tens of milliseconds until `finish`,
    and then has given as many samples as the input's duration asks for.

    Args:
        sample_rate: of the input, 8000 to 48000 Hz.

    Raises:
        ValueError: for another rate.
    """

    def __init__(self, sample_rate: int) -> None:
        check_rate(sample_rate)
        # As float, because the library dithers int16 output with noise that differs with every cut.
        self._stream = (
            None
            if sample_rate == SAMPLE_RATE_HZ
            else soxr.ResampleStream(sample_rate, SAMPLE_RATE_HZ, num_channels=1, dtype="float32", quality="HQ")
        )

    def process(self, samples: Samples) -> Samples:
        """What is ready at 16 kHz after hearing `samples`, shape (N,), int16."""
        return samples if self._stream is None else self._resample(samples, last=False)

    def finish(self) -> Samples:
        """What was kept back. The stream takes nothing afterwards."""
        nothing = np.zeros(0, np.int16)
        return nothing if self._stream is None else self._resample(nothing, last=True)

    def _resample(self, samples: Samples, *, last: bool) -> Samples:
        assert self._stream is not None
        resampled = self._stream.resample_chunk(samples.astype(np.float32), last=last)
        rounded: Samples = np.clip(np.rint(resampled), _LOWEST, _HIGHEST).astype(np.int16)
        return rounded


def check_rate(sample_rate: int) -> None:
    """Refuse a rate outside 8000 to 48000 Hz with `ValueError`, and one that is no integer with `TypeError`."""
    index(sample_rate)
    if not MIN_RATE_HZ <= sample_rate <= MAX_RATE_HZ:
        raise ValueError(f"A sample rate lies between {MIN_RATE_HZ} and {MAX_RATE_HZ} Hz; {sample_rate} does not.")


def read_audio(path: str | Path, warn: Callable[[str], None] = _warn) -> Iterator[Samples]:
    """The sound of a file of any format that FFmpeg reads, block by block: 16 kHz, mono, int16, shape (N,).

    The file is opened before the first block is asked for, so that a wrong path fails where it was given. What is
    damaged in the middle is left out, and the rest is read.

    Args:
        warn: called with a sentence where the sound is damaged, or changes its rate or channels.

    Raises:
        MediaError: it is not a file, holds no sound, or none of it can be read (the last may come from the iterator).
    """
    path = Path(path)
    if path.exists() and not path.is_file():
        raise MediaError(f"{path} is not a file.", cure="Give a recording, such as a WAV or an MP3.")
    try:
        container = av.open(path, options={"format_whitelist": _formats(), "protocol_whitelist": "file"})
    except FileNotFoundError:
        raise MediaError(f"There is no file {path}.", cure="Check the path.") from None
    except (OSError, av.error.FFmpegError) as error:
        raise _unreadable(path, error) from None
    if not container.streams.audio:
        container.close()
        raise MediaError(f"{path} holds no sound.", cure="Give a file with speech in it, such as a WAV or an MP3.")
    return _decoded(container, path, warn)


@cache
def _formats() -> str:
    return ",".join(sorted(av.formats_available - _NAMES_OTHER_FILES))


def _decoded(container: av.container.InputContainer, path: Path, warn: Callable[[str], None]) -> Iterator[Samples]:
    resampler, setup = None, None
    given, is_damaged = 0, False
    with container:
        for frame in _frames(container, path):
            if frame is None:
                if not is_damaged:
                    is_damaged = True
                    warn(f"{path} is damaged at {given / SAMPLE_RATE_HZ:.1f} s. What is damaged is left out.")
                continue
            if setup != (frame.format.name, frame.layout.name, frame.sample_rate):
                if resampler is not None:
                    warn(f"{path} changes its sample rate or channels at {given / SAMPLE_RATE_HZ:.1f} s.")
                    yield from _blocks(resampler, None)
                resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE_HZ)
                setup = (frame.format.name, frame.layout.name, frame.sample_rate)
            for block in _blocks(resampler, frame):
                given += block.size
                yield block
        if resampler is not None:
            yield from _blocks(resampler, None)


def _blocks(resampler: av.AudioResampler | None, frame: av.AudioFrame | None) -> Iterator[Samples]:
    assert resampler is not None
    for block in resampler.resample(frame):
        yield block.to_ndarray()[0]


def _frames(container: av.container.InputContainer, path: Path) -> Iterator[av.AudioFrame | None]:
    """What can be decoded, and None where something after the first frame cannot.

    Raises:
        MediaError: nothing can be decoded.
    """
    is_read = False
    damage: av.error.FFmpegError | None = None
    packets = container.demux(audio=0)
    while True:
        packet = None
        try:
            packet = next(packets, None)
            frames = [] if packet is None else packet.decode()
        except av.error.FFmpegError as error:
            damage, frames = error, []
            if is_read:
                yield None
        if packet is None:
            break
        is_read |= bool(frames)
        yield from frames
    if damage is not None and not is_read:
        raise _unreadable(path, damage) from None


def _unreadable(path: Path, error: Exception) -> MediaError:
    if getattr(error, "errno", None) == errno.EINVAL:  # its format is none of `_formats()`
        return MediaError(f"{path} is a list of other files, or of an unknown format.", cure="Give a recording itself.")
    reason = getattr(error, "strerror", None) or type(error).__name__
    return MediaError(
        f"{path} cannot be read as sound: {reason}.", cure="Convert it to WAV, or take another recording."
    )
