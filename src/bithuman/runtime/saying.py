"""What a session is to say, in order: pushed speech, and texts, each piece as soon as its voice has made it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Executor
from contextlib import asynccontextmanager

from bithuman.engine.speech import Spoken
from bithuman.runtime.session import AvatarSession


class Speaker:
    """Says one thing after the other, in the order in which it is asked to.

    Args:
        speak: gives the pieces of a text; see `bithuman.engine.speech.speak`.
        worker: makes a thread to wait for the voice in, when there is something to say.
    """

    def __init__(self, speak: Callable[[str], Iterator[Spoken]], worker: Callable[[], Executor]) -> None:
        self._speak = speak
        self._make_worker = worker
        self._worker: Executor | None = None
        self._queue = asyncio.Lock()
        self._queue_of: tuple[AvatarSession, int] | None = None

    @asynccontextmanager
    async def turn(self, session: AvatarSession) -> AsyncIterator[bool]:
        """Wait until all that was asked for before is in `session`.

        Yields:
            whether it is still wanted then: an interruption drops what waits.
        """
        interruptions = session.interruptions
        if self._queue_of != (session, interruptions):
            # What comes after an interruption does not wait for what was dropped, such as a piece in the making.
            self._queue, self._queue_of = asyncio.Lock(), (session, interruptions)
        async with self._queue:
            yield session.interruptions == interruptions

    async def say(self, text: str, session: AvatarSession) -> None:
        """Push a text to `session` as an utterance of its own, up to an interruption. Errors as for `speak`.

        What is pushed when it fails or is cancelled stays, and ends there.
        """
        async with self.turn(session) as wanted:
            if wanted:
                await self._say(text, session)

    def close(self) -> None:
        """Let the thread go."""
        if self._worker is not None:
            self._worker.shutdown(wait=False)

    async def _say(self, text: str, session: AvatarSession) -> None:
        if self._worker is None:
            self._worker = self._make_worker()
        loop = asyncio.get_running_loop()
        interruptions = session.interruptions
        pieces = await loop.run_in_executor(self._worker, self._speak, text)
        begun = False
        try:
            while session.interruptions == interruptions:
                piece = await loop.run_in_executor(self._worker, next, pieces, None)
                # Whoever interrupts does so on this loop, so nothing comes between this look and the push.
                if piece is None or session.interruptions != interruptions:
                    return
                if not begun:
                    session.flush()  # what was left open before it
                    begun = True
                session.push(piece.pcm, piece.sample_rate, last=False, phones=piece.phones)
        finally:
            if begun and session.interruptions == interruptions:
                session.flush()
