"""One session: an engine, the permit that it asks, and the lease that grants it."""

import asyncio
from collections.abc import Hashable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace

from bithuman.client.api import SessionRequest
from bithuman.client.credentials import Wallet
from bithuman.client.fingerprint import fingerprint
from bithuman.client.lease import Lease, StatusCallback
from bithuman.client.session_files import HeldSession, SessionFiles
from bithuman.client.status import SessionStatus, state_of
from bithuman.core.permit import PauseReason, Permit
from bithuman.engine.avatar import Avatar
from bithuman.engine.clock import FrameClock
from bithuman.engine.engine import Engine
from bithuman.engine.frames import VideoFrame
from bithuman.engine.phonemes import Phone
from bithuman.errors import RuntimeNotReadyError, TokenAnswerError
from bithuman.runtime.opening import Labels, World
from bithuman.runtime.speaking import SpeakingCallback, SpeakingWatch

# What the service answers where a session that a program left cannot go on, and a new one may.
_NO_LONGER_GOOD = frozenset({"SESSION_TERMINATED", "VALIDATION_ERROR"})


class AvatarSession:
    """An avatar's life from one start to one stop. Speech may be pushed before the start."""

    def __init__(self, avatar: Avatar, world: World, on_speaking: SpeakingCallback | None = None) -> None:
        self._world = world
        self._speaking = SpeakingWatch(on_speaking)
        self._model_hash = avatar.model_hash
        self._permit = Permit(world.clock)
        self._engine = Engine(avatar, self._permit, seed=world.seed())
        self._lease: Lease | None = None
        self._held: HeldSession | None = None
        self._rendered = 0
        self._frames = 0
        self._skipped = 0
        self.interruptions = 0
        self._reader: object = None
        self._reading = False
        self._coming: Future[VideoFrame] | None = None
        self.transaction_id: str | None = None
        self.started = False
        self.stopped = False

    async def start(
        self,
        transaction_id: str,
        wallet: Wallet,
        labels: Labels,
        on_status: StatusCallback | None,
        *,
        is_named: bool = True,
        wait_for_place_s: float = 0.0,
    ) -> None:
        """Open the session at the service; see `Lease.start`.

        Args:
            is_named: whether `transaction_id` is wanted, and not that of a program that died just now.
        """
        # A secret that was rotated between creation and now may stand where the old one came from.
        wallet.look()
        request = SessionRequest(
            transaction_id=transaction_id,
            fingerprint=fingerprint(),
            runtime_model_hash=self._model_hash,
            tags=labels.tags,
            agent_code=labels.agent_code,
            billing_type=labels.billing_type,
        )
        folder = self._world.session_folder() if wallet.credentials.token is None else None
        files = SessionFiles(folder, self._world.date)
        while True:
            held = files.hold(request, wallet.credentials.api_url, is_named=is_named)
            try:
                await self._start(held, wallet, on_status, wait_for_place_s)
                return
            except TokenAnswerError as error:
                if held.is_continued and error.retryable:
                    held.leave()
                    raise
                held.forget()
                if not held.is_continued or error.code not in _NO_LONGER_GOOD:
                    raise
            except BaseException:
                held.forget()
                raise

    async def _start(
        self, held: HeldSession, wallet: Wallet, on_status: StatusCallback | None, wait_for_place_s: float
    ) -> None:
        credentials = wallet.credentials
        self.transaction_id = held.request.transaction_id
        self._lease = Lease(
            self._world.connect(credentials.api_url),
            held.request,
            self._permit,
            secret=credentials.secret,
            token=credentials.token,
            frames=lambda: self._rendered,
            on_grant=lambda grant: held.granted(grant.heartbeat_interval_s),
            look=wallet.look,
            on_status=on_status,
            clock=self._world.clock,
            sleep=self._world.sleep,
        )
        await self._lease.start(wait_for_place_s)
        self._held = held
        self.started = True

    def cut(self) -> None:
        """No frame from now on, and every reader ends."""
        self.stopped = True
        self._reader = None
        self.interrupt()
        if self._lease is not None:
            self._lease.cut()
        else:
            self._permit.pause(PauseReason.STOPPED, "The session was stopped.")

    async def stop(self) -> None:
        """End the session here and at the service. In a fork it ends here alone: the other process goes on."""
        self.cut()
        if self._lease is not None and self._lease.in_fork:
            return
        if self._lease is not None:
            await self._lease.stop()
        if self._held is not None:
            self._held.forget()

    def abandon(self) -> None:
        """End the session from wherever its runtime is collected. The service hears of it where the loop still runs."""
        self.cut()
        loop = None if self._lease is None else self._lease.loop
        if loop is not None and loop.is_running():
            asyncio.run_coroutine_threadsafe(self.stop(), loop)

    @property
    def is_open(self) -> bool:
        """Whether it was started, and not stopped."""
        return self.started and not self.stopped

    @property
    def lease(self) -> Lease | None:
        """The lease, once it was asked for."""
        return self._lease if self.started else None

    def status(self, transaction_id: str) -> SessionStatus:
        """How the session stands; `transaction_id` is the id that it will have if it has none yet."""
        if self._lease is not None:
            return replace(self._lease.status, skipped_frames=self._skipped)
        decision = self._permit.ask()
        return SessionStatus(state_of(decision.reason, 0), decision.reason, decision.detail, transaction_id)

    def push(
        self,
        pcm: bytes,
        sample_rate: int,
        last: bool,
        source: Hashable | None = None,
        phones: Sequence[Phone] | None = None,
    ) -> None:
        """Queue speech; see `Engine.push`."""
        self._engine.push(pcm, sample_rate, last=last, source=source, phones=phones)

    def flush(self) -> None:
        """End the utterance."""
        self._engine.flush()

    def interrupt(self) -> None:
        """Drop all speech that was not given out yet."""
        self.interruptions += 1
        self._engine.interrupt()
        self._speaking.stop()

    @property
    def pending_s(self) -> float:
        """Seconds of speech that wait."""
        return self._engine.pending_s

    @property
    def has_speech(self) -> bool:
        """Whether the next frame, if permitted, is a talking one."""
        return self._engine.has_speech()

    def next_frame(self, skip: int = 0) -> VideoFrame:
        """Compute the next frame, now, after skipping up to `skip`; see `Engine.next_frame`."""
        frame = self._engine.next_frame(skip)
        assert frame.frame_index is not None
        self._skipped += frame.frame_index - self._frames
        self._frames = frame.frame_index + 1
        self._rendered += frame.has_image
        return frame

    def new_reader(self) -> object:
        """The mark of a new reader, whose coming ends the one before.

        Raises:
            RuntimeNotReadyError: that one is waiting for a frame right now.
        """
        if self._reading:
            raise RuntimeNotReadyError("run() is being iterated already.", cure="Iterate one run() at a time.")
        self._reader = object()
        return self._reader

    async def _next_frame(self, worker: Executor, skip: int) -> VideoFrame:
        """The next frame, computed in `worker`. Whoever waits for it may give up: it is there for the next reader."""
        if self._coming is None:
            self._coming = worker.submit(self.next_frame, skip)
        try:
            return await asyncio.shield(asyncio.wrap_future(self._coming))
        except Exception:
            self._coming = None
            raise

    async def read(self, reader: object, clock: FrameClock, worker: Executor) -> VideoFrame | None:
        """The next frame when it is due, computed in `worker`; None where `reader` is at its end."""
        if self._reader is not reader:
            return None
        self._reading = True
        try:
            skip = await clock.tick()
            if self._reader is not reader:
                return None
            skipped = self._skipped
            frame = await self._next_frame(worker, skip)
            if frame.has_image:
                clock.take_back(skip - (self._skipped - skipped))
            await clock.show()
            self._coming = None
        finally:
            self._reading = False
        if self._reader is not reader:
            return None
        if self._engine.cut_off:
            # The speech was dropped while its frame was drawn, or waited.
            frame = replace(frame, audio_chunk=None, source_message_id=None, end_of_speech=False)
        if not frame.has_image and self._lease is not None:
            self._lease.publish()
        self._speaking.see(frame)
        return frame
