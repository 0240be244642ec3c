"""The avatar for scripts: speech in, frames out, as fast as they can be computed."""

import itertools
import os
import time
import weakref
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self, Unpack

import numpy as np
import numpy.typing as npt

from bithuman.client.background import BackgroundLoop
from bithuman.client.callback import Callback
from bithuman.client.lease import StatusCallback
from bithuman.client.secret import Secret
from bithuman.client.status import SessionStatus
from bithuman.engine.audio import read_audio
from bithuman.engine.frames import FRAMES_PER_SECOND, SAMPLE_RATE_HZ, AudioChunk, VideoFrame
from bithuman.engine.pcm import Pushed, pcm_of
from bithuman.engine.speech import Spoken
from bithuman.errors import RuntimeNotReadyError, SpeechError
from bithuman.runtime.live import AsyncBithuman, RuntimeSettings
from bithuman.runtime.opening import Options
from bithuman.runtime.session import AvatarSession

_AHEAD_S = 0.3
"""A frame, what its mouth looks ahead, and what a change of rate holds back: 0.22 s in all at 8 kHz. It is little more,
so that frames come with a voice's first piece."""


class Bithuman:
    """An avatar without an event loop: the session lives in a background thread. Make one with `load`.

    The session starts with the first frame and ends with `close`; use it in a `with` block, so that it ends, and is
    billed, no longer than it is needed.
    """

    settings = RuntimeSettings()

    def __init__(
        self, live: AsyncBithuman, background: BackgroundLoop, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._live = live
        self._background = background
        self._sleep = sleep
        self._composing = False
        self._on_status: Callback[SessionStatus] | None = None
        # Also at the exit of the process, where nobody closed it.
        self._close = weakref.finalize(self, _close, live, background)

    @classmethod
    def load(
        cls,
        model_path: str | os.PathLike[str] | None = None,
        *,
        api_secret: str | Secret | None = None,
        token: str | Secret | None = None,
        on_status: StatusCallback | None = None,
        **options: Unpack[Options],
    ) -> Self:
        """Check the credential in one round trip, then open the avatar.

        Args and errors are those of `AsyncBithuman.create`; `on_status` is called in the background thread.
        """
        held_secret = Secret(api_secret) if isinstance(api_secret, str) else api_secret
        held_token = Secret(token) if isinstance(token, str) else token
        del api_secret, token
        callback = Callback(on_status)
        background = BackgroundLoop()
        try:
            live = background.run(
                AsyncBithuman.create(
                    model_path, api_secret=held_secret, token=held_token, on_status=callback.weakly(), **options
                )
            )
        except BaseException:
            background.close()
            raise
        loaded = cls(live, background)
        loaded._on_status = callback
        return loaded

    def start(self) -> None:
        """Open the session, unless it is open; `compose` does so by itself. Errors as for `AsyncBithuman.start`."""
        self._background.run(self._live.start())

    def compose(self, samples: Pushed, sample_rate: int = SAMPLE_RATE_HZ) -> Generator[VideoFrame, None, None]:
        """The frames of one utterance. The last of them says `end_of_speech`; no speech, no frames.

        While the session is paused, frames without an image come 25 a second, and the speech goes on where it
        stopped once the session resumes. A closed one ends here too.

        Args:
            samples: as `AsyncBithuman.push_audio` takes them.
            sample_rate: 8000 to 48000 Hz.

        Raises:
            TypeError: samples of another type.
            ValueError: samples of another shape, or another rate.
            RuntimeNotReadyError: another `compose` has not ended yet.
            TokenRequestError, AccountStatusError: as for `AsyncBithuman.start`, with the first frame.
        """
        return self._frames(_pieces(AudioChunk.from_bytes(pcm_of(samples, sample_rate), sample_rate)))

    def render(
        self, speech: str | os.PathLike[str] | Pushed, sample_rate: int = SAMPLE_RATE_HZ
    ) -> Generator[npt.NDArray[np.uint8], None, None]:
        """The pictures of a recording, 25 for each second of it. The session ends with the last one.

        While the session is paused none come.

        Args:
            speech: a file in any format with sound, or samples as `compose` takes them.
            sample_rate: of samples, 8000 to 48000 Hz. A file knows its own.

        Yields:
            pictures, (height, width, 3) uint8, RGB.

        Raises:
            MediaError: the file cannot be read as sound.
            ValueError, RuntimeNotReadyError, TokenRequestError, AccountStatusError: as for `compose`.
        """
        if isinstance(speech, str | os.PathLike):
            blocks = list(read_audio(Path(speech)))
            samples: Pushed = np.concatenate(blocks) if blocks else b""
            frames = self.compose(samples, SAMPLE_RATE_HZ)
        else:
            frames = self.compose(speech, sample_rate)
        return self._pictures(frames)

    def say(self, text: str) -> Generator[VideoFrame, None, None]:
        """The frames of a text, as `compose` gives those of a recording: the first as soon as the voice has begun.

        Args:
            text: in the voice's language; line breaks count as spaces. A long one is said in parts.

        Raises:
            ValueError: there is nothing to say.
            SpeechError: there is no voice, or it failed; also after the frames of what it said before that.
            RuntimeNotReadyError, TokenRequestError, AccountStatusError: as for `compose`.
        """
        return self._frames(_made_ahead(self._live._speak(text)))

    def reauthenticate(self, api_secret: str | Secret) -> None:
        """Go on with another api-secret; see `AsyncBithuman.reauthenticate`."""
        held = Secret(api_secret) if isinstance(api_secret, str) else api_secret
        del api_secret
        self._background.run(self._live.reauthenticate(held))

    def stop(self) -> None:
        """End the session. The next `compose` opens another one."""
        self._background.run(self._live.stop())

    def close(self) -> None:
        """End the session, and let go of everything. A second time does nothing."""
        self._close()

    @property
    def status(self) -> SessionStatus:
        """How the session stands now, and why."""
        return self._live.status

    @property
    def transaction_id(self) -> str:
        """The UUID of this session, or of the next one where there is none."""
        return self._live.transaction_id

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _pictures(self, frames: Generator[VideoFrame, None, None]) -> Generator[npt.NDArray[np.uint8], None, None]:
        try:
            for frame in frames:
                if frame.rgb_image is not None:
                    yield np.ascontiguousarray(frame.rgb_image)
        finally:
            frames.close()
            self.stop()

    def _frames(self, pieces: Iterator[Spoken]) -> Generator[VideoFrame, None, None]:
        if self._composing:
            raise RuntimeNotReadyError(
                "Another compose() or say() has not ended yet.", cure="Exhaust or close it first."
            )
        self._composing = True
        try:
            # Nothing to say opens no session.
            if (first := next(pieces, None)) is not None:
                session = self._background.run(self._live._begin())
                yield from self._render(session, itertools.chain([first], pieces))
        finally:
            self._composing = False

    def _render(self, session: AvatarSession, pieces: Iterator[Spoken]) -> Generator[VideoFrame, None, None]:
        ended = False
        failure: SpeechError | None = None
        try:
            while not session.stopped:
                while not ended and session.pending_s < _AHEAD_S:
                    try:
                        piece = next(pieces, None)
                    except SpeechError as error:
                        piece, failure = None, error
                    if piece is None:
                        ended = True
                        session.flush()
                    else:
                        session.push(piece.pcm, piece.sample_rate, last=False, phones=piece.phones)
                if not session.has_speech:
                    if failure is not None:
                        raise failure
                    return
                frame = session.next_frame()
                if not frame.has_image:
                    self._sleep(1 / FRAMES_PER_SECOND)
                yield frame
        finally:
            session.interrupt()


def _pieces(chunk: AudioChunk) -> Iterator[Spoken]:
    """A recording by the second."""
    for start in range(0, len(chunk.array), chunk.sample_rate):
        piece = chunk.array[start : start + chunk.sample_rate]
        yield Spoken(piece.astype("<i2").tobytes(), chunk.sample_rate)


def _made_ahead(pieces: Iterator[Spoken]) -> Iterator[Spoken]:
    """The same pieces, each made while the one before is used."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="bithuman-voice") as worker:
        following = worker.submit(next, pieces, None)
        while (piece := following.result()) is not None:
            following = worker.submit(next, pieces, None)
            yield piece


def _close(live: AsyncBithuman, background: BackgroundLoop) -> None:
    background.close(live.shutdown())
