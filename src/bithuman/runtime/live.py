"""The avatar of a live conversation, on an event loop."""

import asyncio
import os
import uuid
import warnings
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Self, Unpack

import numpy as np
import numpy.typing as npt

from bithuman.client.background import forked
from bithuman.client.callback import Callback
from bithuman.client.credentials import Credentials, Wallet, resolve
from bithuman.client.lease import StatusCallback
from bithuman.client.secret import Secret, well_formed_secret
from bithuman.client.status import SessionStatus
from bithuman.engine.avatar import Avatar
from bithuman.engine.clock import FrameClock
from bithuman.engine.frames import FRAMES_PER_SECOND, SAMPLE_RATE_HZ, VideoControl, VideoFrame
from bithuman.engine.pcm import Pushed, pcm_of
from bithuman.engine.speech import SpeechSynthesizer, speak
from bithuman.errors import RuntimeNotReadyError
from bithuman.runtime.opening import Labels, OptionsWithoutEffect, World, check_options, open_checked
from bithuman.runtime.pieces import PieceWatch
from bithuman.runtime.saying import Speaker
from bithuman.runtime.session import AvatarSession
from bithuman.runtime.speaking import SpeakingCallback

_WORLD = World()


@dataclass(frozen=True, slots=True)
class RuntimeSettings:
    """The numbers that callers plan by, under their published names."""

    INPUT_SAMPLE_RATE: int = SAMPLE_RATE_HZ
    """Hz, of the sound in each frame."""
    FPS: int = FRAMES_PER_SECOND


class AsyncBithuman:
    """An avatar that speaks what is pushed, at 25 frames a second. Make one with `create`.

    It is made early and started when it is needed: creating opens no session and bills nothing. A stopped one can be
    started again, and each start is a session of its own.
    """

    settings = RuntimeSettings()

    def __init__(
        self,
        avatar: Avatar,
        credentials: Credentials,
        labels: Labels,
        *,
        transaction_id: str | None = None,
        wait_for_place_s: float = 0.0,
        on_status: StatusCallback | None = None,
        on_speaking: SpeakingCallback | None = None,
        voice: SpeechSynthesizer | None = None,
        world: World = _WORLD,
    ) -> None:
        self._process = os.getpid()
        self._avatar: Avatar | None = avatar
        self._wallet = Wallet(credentials)
        self._labels = labels
        self._on_status = Callback(on_status)
        self._on_speaking = Callback(on_speaking)
        self._world = world
        self._transaction_id = transaction_id or str(uuid.uuid4())
        self._is_named = transaction_id is not None
        self._wait_for_place_s = wait_for_place_s
        self._session = AvatarSession(avatar, world, self._on_speaking.weakly())
        self._starting = asyncio.Lock()
        self._worker = world.worker()
        self._speak = partial(speak, voice=voice)
        self._speaker = Speaker(self._speak, world.worker)
        self._cleaning: asyncio.Task[None] | None = None
        self._pieces = PieceWatch()

    @classmethod
    async def create(
        cls,
        model_path: str | os.PathLike[str] | None = None,
        *,
        api_secret: str | Secret | None = None,
        token: str | Secret | None = None,
        api_url: str | None = None,
        agent_code: str | None = None,
        tags: str | None = "bithuman",
        billing_type: str | None = None,
        transaction_id: str | None = None,
        wait_for_place_s: float = 0.0,
        on_status: StatusCallback | None = None,
        on_speaking: SpeakingCallback | None = None,
        voice: SpeechSynthesizer | None = None,
        insecure: bool = False,
        **others: Unpack[OptionsWithoutEffect],
    ) -> Self:
        """Check the credential in one round trip, then open the avatar.

        Args:
            model_path: an `.imx` file; the built-in avatar without one.
            api_secret: else `BITHUMAN_API_SECRET`, or the file of `bithuman init`.
            token: a ready runtime token instead; it can be started once, and cannot come back after an outage longer
                than the grace.
            api_url: the server's base, or its full token URL; else `BITHUMAN_API_URL`, that file, or loopback.
            agent_code: whom the use is attributed to.
            tags: free words for the usage report.
            billing_type: which price applies.
            transaction_id: a UUID for the first session, where the caller has one.
            wait_for_place_s: how long a start waits, in seconds, where other sessions hold all places of the plan.
            on_status: called on the event loop with each `SessionStatus` change; may be a coroutine function.
            on_speaking: called likewise with `SpeakingEvent.SPEAKING_STARTED` when `run()` gives the first frame of an
                utterance, and with `SPEAKING_STOPPED` after its last frame or an `interrupt()`.
            voice: who speaks in `say`, such as `Piper("voice.onnx")`. Where None, the installed voice, which is loaded
                when it first speaks.
            insecure: refused where it is true.
            others: options of the published interface that mean nothing here.

        Raises:
            ConfigurationError: there is no credential, or it, the URL or its file is not acceptable.
            TokenValidationError: the credential is malformed; nobody was asked.
            TokenRequestError: it is not good (`http_status` 401), or there was no answer (`retryable`).
            ModelError: the avatar cannot be opened.
        """
        # Held at once: a traceback shows the variables of this frame.
        held_secret, held_token = _held(api_secret), _held(token)
        del api_secret, token
        check_options(insecure, others)
        if voice is not None and not _is_voice(voice):
            raise TypeError("A voice is a SpeechSynthesizer, such as Piper('voice.onnx').")
        credentials = resolve(held_secret, held_token, api_url)
        avatar = await open_checked(model_path, credentials, _WORLD)
        labels = Labels(tags, agent_code, billing_type)
        return cls(
            avatar,
            credentials,
            labels,
            transaction_id=transaction_id,
            wait_for_place_s=wait_for_place_s,
            on_status=on_status,
            on_speaking=on_speaking,
            voice=voice,
            world=_WORLD,
        )

    async def start(self) -> None:
        """Open the session, unless it is open. Frames are computed, and time is billed, from here on.

        Raises:
            AccountStatusError: no credits (402), suspended, or the plan is full (403).
            TokenRequestError: not authorised, or no answer (`retryable`: start again later).
            RuntimeNotReadyError: the runtime was shut down.
        """
        await self._begin()

    async def push_audio(self, data: Pushed, sample_rate: int, last_chunk: bool = True) -> None:
        """Say this after what was pushed and said before. Before the start it waits for the start.

        While a text is made this waits, so as not to break it, and is dropped with it by an `interrupt()`.

        Args:
            data: 16-bit little-endian mono PCM (bytes, bytearray or memoryview); a sample may be cut in two between one
                piece and the next. Or an array (N,) of int16, or of float32 or float64 in [-1, 1]. The header of a WAV
                file is left out.
            sample_rate: 8000 to 48000 Hz.
            last_chunk: whether the utterance ends with it. To stream, pass False with each piece, and `flush()` at the
                end.

        Raises:
            TypeError: the data is of another type.
            ValueError: the rate is outside that range, the array has another shape, or a WAV header says otherwise.
            RuntimeNotReadyError: more speech waits than is sensible, or the runtime was shut down.

        Warns:
            UserWarning: once, where many short pieces end an utterance each.
        """
        pcm, session = pcm_of(data, sample_rate), self._current()
        async with self._speaker.turn(session) as wanted:
            if wanted:
                session.push(pcm, sample_rate, last_chunk)
                self._pieces.see(pcm, sample_rate, last_chunk)

    async def push(self, control: VideoControl) -> None:
        """Say what `control` holds; see `push_audio`.

        Only its `audio` and `end_of_speech` are acted on. Where its audio begins an utterance, its `message_id` becomes
        the `source_message_id` of the frames. Cues, which steer engines of other kinds, are accepted and ignored.
        """
        session, audio = self._current(), control.audio
        async with self._speaker.turn(session) as wanted:
            if wanted and audio is not None:
                session.push(audio.bytes, audio.sample_rate, audio.last_chunk, control.message_id)
            if wanted and control.end_of_speech:
                session.flush()

    async def say(self, text: str) -> None:
        """Say a text, as an utterance, after what was pushed and said before. Before the start it waits for the start.

        It is spoken while the voice still makes the rest, and the mouth follows the phone times that the voice reports.
        This returns when all of it is made, or after an `interrupt()`, which drops what is not spoken, made or not.

        Args:
            text: in the voice's language; line breaks count as spaces. A long one is said in parts.

        Raises:
            ValueError: there is nothing to say.
            SpeechError: there is no voice, or it failed; what it said before that is spoken.
            RuntimeNotReadyError: more speech waits than is sensible, or the runtime was shut down.
        """
        await self._speaker.say(text, self._current())

    async def flush(self) -> None:
        """End the utterance: its last frame says `end_of_speech`."""
        session = self._current()
        async with self._speaker.turn(session) as wanted:
            if wanted:
                session.flush()

    def interrupt(self) -> None:
        """Drop all speech that waits, such as when the listener barges in. The next frame is an idle one."""
        self._session.interrupt()

    async def run(self, *, skip_late: bool = True) -> AsyncGenerator[VideoFrame, None]:
        """The frames, each when it is due, 25 a second, until the session stops. Starts it if it is not.

        A reader that is more than three frames late gets no picture of what it missed, so that sound stays in time. The
        sound of the frames that are skipped goes with the next frame, and `status.skipped_frames` counts them. The last
        frame of an utterance is never skipped.

        While the session is paused they come at the same pace without an image, and no speech is used up; `status`
        says why. A new `run()` takes over from one that was left.

        Args:
            skip_late: False gives every frame, however late it is.

        Yields:
            frames with `bgr_image` (H, W, 3) uint8, and in a talking frame the samples that belong to it: 640 and, for
            each frame that was skipped, 640 more before them.

        Raises:
            RuntimeNotReadyError: another `run()` is being waited for, or the runtime was shut down.
            TokenRequestError: as for `start`.
        """
        session = await self._begin()
        reader = session.new_reader()
        clock = FrameClock(FRAMES_PER_SECOND, self._world.clock, self._world.sleep, skip_late=skip_late)
        while (frame := await session.read(reader, clock, self._worker)) is not None:
            yield frame

    async def stop(self) -> None:
        """End the session: `run()` ends, the service bills the last part. It can be started again."""
        await self._retire().stop()

    async def shutdown(self) -> None:
        """Stop, and let go of the avatar and of the credential for good."""
        self._avatar = None  # so that nothing begins meanwhile
        await self.stop()
        self._wallet.empty()
        self._worker.shutdown(wait=False)
        self._speaker.close()

    def cleanup(self) -> None:
        """Stop from code that cannot wait: no frame from now on. The service hears of it in the background."""
        session = self._retire()
        session.cut()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # with no loop left, the service notices by itself that the heartbeats ended
        self._cleaning = loop.create_task(_farewell(session))

    async def reauthenticate(self, api_secret: str | Secret) -> None:
        """Go on with another api-secret, such as after a rotation. A paused session resumes.

        Raises:
            TokenValidationError: it is malformed; nobody was asked.
            AccountStatusError, TokenRequestError: the service does not take it; the session stays as it was, or pauses.
            RuntimeNotReadyError: the runtime was shut down.
        """
        held = _held(api_secret)
        del api_secret
        self._opened()
        secret = well_formed_secret(held)
        self._wallet.put(secret)
        if self._session.lease is not None and not self._session.stopped:
            await self._session.lease.reauthenticate(secret)

    @property
    def status(self) -> SessionStatus:
        """How the session stands now, and why."""
        return self._session.status(self._transaction_id)

    @property
    def transaction_id(self) -> str:
        """The UUID of this session, or of the next one where there is none."""
        return self._transaction_id

    def get_first_frame(self) -> npt.NDArray[np.uint8]:
        """The still picture with which a stream begins, (H, W, 3) uint8 BGR; it needs no session."""
        return self._opened().sheet.still()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.shutdown()

    def _regenerate_transaction_id(self) -> None:
        """Name the next session; published plugins call this before `_initialize_token`."""
        self._transaction_id, self._is_named = str(uuid.uuid4()), False

    async def _initialize_token(self) -> None:
        """Have a session under the present transaction id; one that is open under another ends."""
        session = self._session
        if session.started and not session.stopped and session.transaction_id != self._transaction_id:
            await session.stop()
        await self.start()

    def __del__(self) -> None:
        # Nothing else remembers it: its session would be billed as long as the program runs.
        session: AvatarSession | None = getattr(self, "_session", None)
        if session is not None and session.is_open and self._process == os.getpid():
            session.abandon()
            words = f"{type(self).__name__} was not stopped: its session ends now."
            warnings.warn(words, ResourceWarning, stacklevel=2, source=self)

    async def _begin(self) -> AvatarSession:
        async with self._starting:
            session = self._current()
            if session.lease is not None and session.lease.lost_its_loop:
                await self.stop()
                session = self._current()
            if not session.started:
                await session.start(
                    self._transaction_id,
                    self._wallet,
                    self._labels,
                    self._on_status.weakly(),
                    is_named=self._is_named,
                    wait_for_place_s=self._wait_for_place_s,
                )
                self._transaction_id = session.transaction_id or self._transaction_id
            return session

    def _retire(self) -> AvatarSession:
        self._regenerate_transaction_id()
        return self._session

    def _current(self) -> AvatarSession:
        avatar = self._opened()
        if self._process != os.getpid():
            raise forked()
        if self._session.stopped:
            self._session = AvatarSession(avatar, self._world, self._on_speaking.weakly())
        return self._session

    def _opened(self) -> Avatar:
        if self._avatar is None:
            raise RuntimeNotReadyError("This runtime was shut down.", cure="Create another one.")
        return self._avatar


def _held(credential: str | Secret | None) -> Secret:
    return credential if isinstance(credential, Secret) else Secret((credential or "").strip())


def _is_voice(voice: object) -> bool:
    return isinstance(voice, SpeechSynthesizer) and not isinstance(voice, type)


async def _farewell(session: AvatarSession) -> None:
    """Stop the session even where the loop ends meanwhile: it cancels its tasks, once, and waits for them."""
    try:
        await session.stop()
    except asyncio.CancelledError:
        await session.stop()
