"""What goes into the engine and what comes out of it.

The names and fields are those that programs written for bitHuman's published interface already use.
"""

from __future__ import annotations

import builtins
import uuid
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

SAMPLE_RATE_HZ = 16_000
FRAMES_PER_SECOND = 25
SAMPLES_PER_FRAME = SAMPLE_RATE_HZ // FRAMES_PER_SECOND

_INT16_MAX = 32_767


@dataclass(eq=False)
class AudioChunk:
    """A piece of mono sound.

    `data` is a 1-D int16 array. Raw bytes (16-bit little-endian) are taken too, and so are float32 and float64 arrays
    in [-1, 1], which are rounded to int16 and clipped.

    Attributes:
        data: samples, shape (N,), int16.
        sample_rate: samples per second.
        last_chunk: whether an utterance ends with this piece.

    Raises:
        ValueError: for another shape or dtype, an odd number of bytes, or a rate that is not positive.
    """

    data: npt.NDArray[np.int16] = field(repr=False)
    sample_rate: int
    last_chunk: bool = True

    def __post_init__(self) -> None:
        self.data = _int16_mono(self.data)
        if self.sample_rate <= 0:
            raise ValueError(f"A sample rate is positive; {self.sample_rate} is not.")

    @classmethod
    def from_bytes(cls, audio_bytes: builtins.bytes, sample_rate: int, last_chunk: bool = True) -> AudioChunk:
        """A chunk from 16-bit little-endian mono PCM."""
        return cls(_int16_mono(audio_bytes), sample_rate, last_chunk)

    @property
    def bytes(self) -> builtins.bytes:
        """The samples as 16-bit little-endian PCM."""
        return self.data.astype("<i2", copy=False).tobytes()

    @property
    def array(self) -> npt.NDArray[np.int16]:
        """The same as `data`."""
        return self.data

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.data) / self.sample_rate


@dataclass(eq=False)
class VideoFrame:
    """One frame of the avatar, 40 ms long.

    Attributes:
        bgr_image: shape (H, W, 3), uint8, blue first; None while the session is paused.
        audio_chunk: the 640 samples at 16 kHz that the mouth of this frame speaks, after those of frames that were
            skipped before it; None in an idle frame.
        frame_index: the number of frames before this one, with those that were skipped.
        source_message_id: in a talking frame, the `message_id` of the `VideoControl` that began its utterance; None
            where that began without one, such as with `push_audio`, and in every other frame.
        end_of_speech: True on the last talking frame of an utterance and on no other.
    """

    bgr_image: npt.NDArray[np.uint8] | None = field(default=None, repr=False)
    audio_chunk: AudioChunk | None = None
    frame_index: int | None = None
    source_message_id: Hashable | None = None
    end_of_speech: bool = False

    @property
    def has_image(self) -> bool:
        """Whether there is a picture."""
        return self.bgr_image is not None

    @property
    def rgb_image(self) -> npt.NDArray[np.uint8] | None:
        """The picture with red first: a view, not a copy."""
        return None if self.bgr_image is None else self.bgr_image[:, :, ::-1]


@dataclass(eq=False)
class VideoControl:
    """One wish to the avatar: speech, or a cue. Without any it stands for idling.

    `AsyncBithuman.push` acts on `audio` and `end_of_speech`, and hands `message_id` on to the frames. The other fields
    steer engines of other kinds: they are accepted, so that one program serves both, and change nothing here.
    """

    audio: AudioChunk | None = None
    text: str | None = None
    target_video: str | None = None
    action: str | list[str] | None = None
    message_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    end_of_speech: bool = False
    force_action: bool = False
    stop_on_user_speech: bool | None = None
    stop_on_agent_speech: bool | None = None

    @classmethod
    def from_audio(cls, audio: bytes | npt.NDArray[Any], sample_rate: int, last_chunk: bool = True) -> VideoControl:
        """Speech from PCM bytes or from an array as `AudioChunk` takes it."""
        return cls(audio=AudioChunk(_int16_mono(audio), sample_rate, last_chunk))

    @property
    def is_idle(self) -> bool:
        """Whether it asks for nothing: no speech and no cue."""
        return self.audio is None and self.target_video is None and not self.action

    @property
    def is_speaking(self) -> bool:
        """Whether it carries speech."""
        return self.audio is not None


def _int16_mono(data: object) -> npt.NDArray[np.int16]:
    if isinstance(data, bytes | bytearray | memoryview):
        if len(data) % 2:
            raise ValueError(f"16-bit sound has an even number of bytes; {len(data)} is odd.")
        return np.frombuffer(data, dtype="<i2").astype(np.int16, copy=False)
    if not isinstance(data, np.ndarray) or data.ndim != 1:
        raise ValueError("Sound is one-dimensional (mono): an int16 or float array, or 16-bit PCM bytes.")
    if data.dtype in (np.float32, np.float64):
        if not np.isfinite(data).all():
            raise ValueError("Sound holds a value that is not a finite number.")
        samples: npt.NDArray[np.int16] = np.rint(np.clip(data, -1.0, 1.0) * _INT16_MAX).astype(np.int16)
        return samples
    if data.dtype != np.int16:
        raise ValueError(f"Samples are int16, or float32 or float64 in [-1, 1]; {data.dtype} is neither.")
    return data
