"""When an avatar begins to speak, and when it stops, as the viewer sees it."""

from collections.abc import Callable
from enum import StrEnum

from bithuman.client.callback import Callback
from bithuman.engine.frames import VideoFrame


class SpeakingEvent(StrEnum):
    """What `on_speaking` is called with."""

    SPEAKING_STARTED = "speaking_started"
    """The first frame of an utterance is given out."""
    SPEAKING_STOPPED = "speaking_stopped"
    """The last one was shown, or the speech was interrupted."""


SpeakingCallback = Callable[[SpeakingEvent], object]


class SpeakingWatch:
    """Looks at the frames that are given out, and calls `on_speaking` at both ends of each utterance."""

    def __init__(self, on_speaking: SpeakingCallback | None) -> None:
        self._call = Callback(on_speaking)
        self._is_speaking = False
        self._is_at_end = False

    def see(self, frame: VideoFrame) -> None:
        """Look at a frame before its reader gets it."""
        if self._is_at_end:
            self.stop()
        if frame.audio_chunk is not None and not self._is_speaking:
            self._is_speaking = True
            self._call(SpeakingEvent.SPEAKING_STARTED)
        self._is_at_end = frame.end_of_speech

    def stop(self) -> None:
        """Nothing of what was being said will be given out."""
        self._is_at_end = False
        if self._is_speaking:
            self._is_speaking = False
            self._call(SpeakingEvent.SPEAKING_STOPPED)
