"""Texts into a session, each piece as soon as its voice has made it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor

from bithuman.engine.speech import SpeechSynthesizer, speak
from bithuman.runtime.session import Session


class Speaker:
    """Says one text after the other, in the order in which it is asked to.

    Args:
        voice: who says it; the installed voice where None.
        worker: makes a thread to wait for the voice in, when there is something to say.
    """

    def __init__(self, voice: SpeechSynthesizer | None, worker: Callable[[], Executor]) -> None:
        self.voice = voice
        self._make_worker = worker
        self._worker: Executor | None = None
        self._turn = asyncio.Lock()

    async def say(self, text: str, session: Session) -> None:
        """Push a text to `session` as an utterance, up to an interruption. Errors as for `speak`.

        What is pushed when it fails or is cancelled stays, and ends there.
        """
        interruptions = session.interruptions
        async with self._turn:
            try:
                await self._push(text, session, interruptions)
            finally:
                if session.interruptions == interruptions:
                    session.flush()

    def close(self) -> None:
        """Let the thread go."""
        if self._worker is not None:
            self._worker.shutdown(wait=False)

    async def _push(self, text: str, session: Session, interruptions: int) -> None:
        if self._worker is None:
            self._worker = self._make_worker()
        loop = asyncio.get_running_loop()
        pieces = await loop.run_in_executor(self._worker, speak, text, self.voice)
        while session.interruptions == interruptions:
            piece = await loop.run_in_executor(self._worker, next, pieces, None)
            if piece is None:
                return
            # Whoever interrupts does so on this loop, so nothing comes between the look and the push.
            if session.interruptions == interruptions:
                session.push(piece.pcm, piece.sample_rate, last=False, phones=piece.phones)
