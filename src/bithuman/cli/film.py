"""Speech into a video file, through the public runtime and with live heartbeats."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bithuman.client.status import SessionStatus
from bithuman.core.permit import PauseReason
from bithuman.engine.frames import FRAMES_PER_SECOND, VideoFrame
from bithuman.engine.video import VideoWriter
from bithuman.errors import MediaError, TokenRequestError
from bithuman.runtime import Bithuman

OUTAGE_PATIENCE_S = 600.0


@dataclass(frozen=True, slots=True)
class Film:
    """A video that was made."""

    path: Path
    width: int
    height: int
    frames: int
    paused_s: float

    @property
    def duration_s(self) -> float:
        """How long it plays."""
        return self.frames / FRAMES_PER_SECOND


class Patience:
    """Waits out the pauses of a session, and says why there is one.

    Args:
        limit_s: how long one pause may last. Where None, an outage is waited for, and a refusal is not: nothing but
            another secret, credits or the operator ends that.
        report: takes a sentence for a person.
        clock: seconds that never step.
    """

    def __init__(self, limit_s: float | None, report: Callable[[str], None], clock: Callable[[], float]) -> None:
        self._limit_s = limit_s
        self._report = report
        self._clock = clock
        self._since_s: float | None = None
        self.total_s = 0.0

    def wait(self, status: SessionStatus) -> None:
        """The session gave no image.

        Raises:
            TokenRequestError: it has given none for too long.
        """
        if status.reason is None:
            return  # it has resumed since
        is_outage = status.reason is PauseReason.OUTAGE
        limit_s = self._limit_s if self._limit_s is not None else (OUTAGE_PATIENCE_S if is_outage else 0.0)
        if limit_s == 0:
            raise TokenRequestError(status.detail)
        if self._since_s is None:
            self._since_s = self._clock()
            self._report(f"Paused: {status.detail} Waiting up to {limit_s:g} s for it to go on.")
        if self._clock() - self._since_s >= limit_s:
            raise TokenRequestError(f"Paused for {limit_s:g} s: {status.detail}", cure="Nothing was written.")

    def go_on(self) -> None:
        """The session gave an image."""
        if self._since_s is not None:
            self.total_s += self._clock() - self._since_s
            self._since_s = None
            self._report("Resumed.")


def shoot(
    person: Bithuman, frames: Iterable[VideoFrame], path: Path, patience: Patience, advance: Callable[[int], None]
) -> Film:
    """Write to `path` what `person` says. The file is there whole, or not at all.

    Args:
        frames: what it says, as it comes.
        advance: called with the number of frames so far.

    Raises:
        MediaError: there is nothing to say, or the file cannot be written.
        TokenRequestError: the service refuses, or a pause was too long.
    """
    count = width = height = 0
    finished = False
    with ExitStack() as stack:
        video: VideoWriter | None = None
        for frame in frames:
            if frame.bgr_image is None:
                patience.wait(person.status)
                continue
            patience.go_on()
            if video is None:
                height, width, _ = frame.bgr_image.shape
                video = stack.enter_context(VideoWriter(path, width, height))
            video.write(frame)
            count += 1
            advance(count)
            finished = frame.end_of_speech
        if video is not None and not finished:
            raise MediaError("The session ended before the speech did.", cure="Render it again; nothing was written.")
    if video is None:
        raise MediaError("There is no sound to speak.", cure="Give a recording with speech in it.")
    return Film(path, width, height, count, patience.total_s)
