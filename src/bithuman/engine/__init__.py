"""The engine: audio in, frames out. It is handed a permit, and never a secret."""

from bithuman.engine.audio import read_audio
from bithuman.engine.avatar import Avatar, open_avatar
from bithuman.engine.clock import FrameClock
from bithuman.engine.engine import Engine
from bithuman.engine.frames import (
    FRAMES_PER_SECOND,
    SAMPLE_RATE_HZ,
    SAMPLES_PER_FRAME,
    AudioChunk,
    VideoControl,
    VideoFrame,
)
from bithuman.engine.speech import synthesize
from bithuman.engine.video import VideoWriter

__all__ = [
    "FRAMES_PER_SECOND",
    "SAMPLES_PER_FRAME",
    "SAMPLE_RATE_HZ",
    "AudioChunk",
    "Avatar",
    "Engine",
    "FrameClock",
    "VideoControl",
    "VideoFrame",
    "VideoWriter",
    "open_avatar",
    "read_audio",
    "synthesize",
]
