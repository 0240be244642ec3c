"""Sound from anywhere, as the engine hears it: 16 kHz, mono, int16."""

from collections.abc import Iterator
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

Samples = npt.NDArray[np.int16]


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


def read_audio(path: str | Path) -> Iterator[Samples]:
    """The sound of a file of any format that FFmpeg reads, block by block: 16 kHz, mono, int16, shape (N,).

    The file is opened before the first block is asked for, so that a wrong path fails where it was given.

    Raises:
        MediaError: the file is missing, holds no sound, or is damaged (the last may come from the iterator).
    """
    path = Path(path)
    try:
        container = av.open(path)
    except FileNotFoundError:
        raise MediaError(f"There is no file {path}.", cure="Check the path.") from None
    except (OSError, av.error.FFmpegError) as error:
        raise _unreadable(path, error) from None
    if not container.streams.audio:
        container.close()
        raise MediaError(f"{path} holds no sound.", cure="Give a file with speech in it, such as a WAV or an MP3.")
    return _decoded(container, path)


def _decoded(container: av.container.InputContainer, path: Path) -> Iterator[Samples]:
    to_engine = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE_HZ)
    with container:
        try:
            for frame in container.decode(audio=0):
                for block in to_engine.resample(frame):
                    yield block.to_ndarray()[0]
            for block in to_engine.resample(None):
                yield block.to_ndarray()[0]
        except av.error.FFmpegError as error:
            raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> MediaError:
    reason = getattr(error, "strerror", None) or type(error).__name__
    return MediaError(
        f"{path} cannot be read as sound: {reason}.", cure="Convert it to WAV, or take another recording."
    )
