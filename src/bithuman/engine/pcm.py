"""The kinds of sound that a program may push, as 16-bit PCM."""

import struct
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from bithuman.engine.frames import AudioChunk

Pushed = bytes | bytearray | memoryview | npt.NDArray[np.int16] | npt.NDArray[np.float32] | npt.NDArray[np.float64]

_TAKES = "Sound is bytes, bytearray or memoryview of 16-bit mono PCM, or a one-dimensional int16 or float array"
_PCM = 1
_EXTENSIBLE = 0xFFFE


def pcm_of(data: Pushed, sample_rate: int) -> bytes:
    """16-bit little-endian mono PCM of what was pushed.

    Args:
        data: such PCM; or a WAV file of such PCM, whose header is left out; or an array (N,) of int16, or of float32 or
            float64 in [-1, 1].
        sample_rate: that the caller gives, in Hz.

    Raises:
        TypeError: it is of another type.
        ValueError: the array has another shape or dtype, or the WAV header says something else.
    """
    if isinstance(data, bytes | bytearray | memoryview):
        pcm = bytes(data)
        return _without_header(pcm, sample_rate) if pcm[:4] == b"RIFF" and pcm[8:12] == b"WAVE" else pcm
    if not isinstance(data, np.ndarray):
        raise TypeError(f"{_TAKES}, not {_name(data)}.")
    return AudioChunk(cast("npt.NDArray[np.int16]", data), sample_rate).bytes  # which converts floats


def _name(data: Any) -> str:
    return type(data).__name__


def _without_header(wav: bytes, sample_rate: int) -> bytes:
    """The sound of a WAV file (RIFF, then chunks of a name, a size and their content)."""
    at, found = 12, None
    while at + 8 <= len(wav):
        name, size = struct.unpack_from("<4sI", wav, at)
        at += 8
        if name == b"fmt " and at + 16 <= len(wav):
            form, channels, rate, bits = struct.unpack_from("<HHI6xH", wav, at)
            found = (form in (_PCM, _EXTENSIBLE), channels, rate, bits)
            if found != (True, 1, sample_rate, 16):
                raise ValueError(
                    f"This is a WAV file of {rate} Hz, {channels} channels and {bits} bits, and 16-bit mono PCM at "
                    f"{sample_rate} Hz is expected. Give its own rate, or convert it."
                )
        elif name == b"data" and found is not None:
            return wav[at : at + size]
        at += size + size % 2
    raise ValueError("The header of this WAV file is not whole. Push it in one piece, or push only the samples.")
