"""The stream: speech in, frames out."""

from collections.abc import Hashable, Sequence
from threading import Lock

import numpy as np

from bithuman.core.permit import Permit
from bithuman.engine.audio import Samples
from bithuman.engine.avatar import Avatar
from bithuman.engine.backlog import Backlog, Sound
from bithuman.engine.face import Face
from bithuman.engine.frames import FRAMES_PER_SECOND, SAMPLE_RATE_HZ, SAMPLES_PER_FRAME, AudioChunk, VideoFrame
from bithuman.engine.manner import Expression, Manner
from bithuman.engine.mouth import Mouth
from bithuman.engine.phonemes import Phone
from bithuman.engine.renderer import Renderer
from bithuman.engine.shape import MouthShape
from bithuman.errors import ModelLoadError


class Engine:
    """One avatar that speaks what it is given. One thread may push while another takes frames.

    Sound and mouth cannot drift apart: a talking frame carries exactly the 640 samples that its mouth was computed
    from. Where the speaker stalls in mid-utterance, idle frames come and the mouth eases shut, until there is more.

    Args:
        avatar: who speaks.
        permit: asked before every frame.
        seed: of the idle motion; the same seed, speech and order of calls give the same frames.
        renderer: draws the frames. Where None, the avatar's own `Face` does.

    Raises:
        ModelLoadError: the avatar was made for another frame rate than 25.
    """

    def __init__(self, avatar: Avatar, permit: Permit, *, seed: int = 0, renderer: Renderer | None = None) -> None:
        if avatar.fps != FRAMES_PER_SECOND:
            raise ModelLoadError(
                f"{avatar.name} was made for {avatar.fps} frames a second, and this version gives {FRAMES_PER_SECOND}.",
                cure=f"Make it again for {FRAMES_PER_SECOND}.",
            )
        self._permit = permit
        self._renderer: Renderer = Face(avatar, seed) if renderer is None else renderer
        self._mouth = Mouth()
        self._manner = Manner(seed)
        self._backlog = Backlog()
        self._backlog_lock = Lock()
        self._cut_off = False
        self._frames = 0

    @property
    def pending_s(self) -> float:
        """Seconds of speech that wait to be spoken."""
        with self._backlog_lock:
            return self._backlog.seconds

    def push(
        self,
        pcm: bytes,
        sample_rate: int,
        *,
        last: bool = False,
        source: Hashable | None = None,
        phones: Sequence[Phone] | None = None,
    ) -> None:
        """Say this after what was pushed before.

        Args:
            pcm: 16-bit little-endian mono. A sample may be cut in two between one piece and the next.
            sample_rate: 8000 to 48000 Hz; it may change from piece to piece.
            last: whether the utterance ends with it, as with `flush`.
            source: where it begins an utterance, the `source_message_id` of its frames.
            phones: where they are known, those that begin in it or later, in seconds after its first sample. The mouth
                follows them, and the sound where there are none.

        Raises:
            ValueError: the rate is outside that range.
            RuntimeNotReadyError: more than two hours of speech would wait.
        """
        with self._backlog_lock:
            self._backlog.push(pcm, sample_rate, source, phones)
            if last:
                self._backlog.end()

    def flush(self) -> None:
        """End the utterance. Its last frame says `end_of_speech`; one without a sample has no frame to say so."""
        with self._backlog_lock:
            self._backlog.end()

    def interrupt(self) -> None:
        """Drop all speech that waits. The next frame is an idle one, unless more is pushed before it."""
        with self._backlog_lock:
            self._backlog.clear()
            self._cut_off = True

    @property
    def cut_off(self) -> bool:
        """Whether `interrupt` came after the sound of the last frame was taken, and so meant that sound too."""
        return self._cut_off

    def has_speech(self) -> bool:
        """Whether the next frame, if permitted, is a talking one."""
        with self._backlog_lock:
            return self._backlog.ready()

    def next_frame(self, skip: int = 0) -> VideoFrame:
        """Compute the next 40 ms: talking, idle, or without an image and without using up any speech while paused.

        Args:
            skip: how many frames before it to leave without a picture. Their sound goes with it. The last frame of an
                utterance is never skipped, and none is while the session is paused.
        """
        if not self._permit.ask().allowed:
            self._frames += 1
            return VideoFrame(frame_index=self._frames - 1)
        spoken: list[Samples] = []
        last, source = False, None
        while True:
            with self._backlog_lock:
                if self._cut_off:
                    spoken.clear()
                sound = self._backlog.take()
                self._cut_off = False
            shape, expression = self._move(sound)
            if sound is not None:
                spoken.append(sound.samples)
                last, source = sound.last, sound.source
            self._frames += 1
            if skip <= 0 or last:
                break
            skip -= 1
        index = self._frames - 1
        return VideoFrame(
            self._renderer.render(shape, index, *expression),
            AudioChunk(np.concatenate(spoken), SAMPLE_RATE_HZ, last_chunk=last) if spoken else None,
            index,
            source if spoken else None,
            end_of_speech=last,
        )

    def _move(self, sound: Sound | None) -> tuple[MouthShape, Expression]:
        """What the mouth, and the rest of the face, do in the next 40 ms."""
        if sound is None:
            return self._mouth.ease_shut().shape, self._manner.rest()
        mouth, known = self._mouth, sound.articulation
        said = mouth.speak(sound.samples, sound.ahead) if known is None else mouth.follow(known)
        return said.shape, self._manner.speak(sound.ahead[-SAMPLES_PER_FRAME:])
