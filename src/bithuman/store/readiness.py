"""Whether the database can be written to now, for whoever asks, however often."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

PROBE_EVERY_S = 1.0
PATIENCE_S = 5.0


class Readiness:
    """Shares one probe among all who ask, and asks again after a second at the earliest: nobody can grind the disk.

    Args:
        probe: writes, and says whether that is on disk.
        clock: seconds that never step.
        patience_s: a disk that takes longer is not ready.
    """

    def __init__(
        self,
        probe: Callable[[], Coroutine[Any, Any, bool]],
        clock: Callable[[], float] = time.monotonic,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._probe = probe
        self._clock = clock
        self._patience_s = patience_s
        self._asked_s = float("-inf")
        self._probing: asyncio.Task[bool] | None = None

    async def check(self) -> bool:
        """Whether the newest probe succeeded."""
        now_s = self._clock()
        if self._probing is None or (self._probing.done() and now_s - self._asked_s >= PROBE_EVERY_S):
            self._asked_s = now_s
            self._probing = asyncio.create_task(self._probe(), name="readiness")
        probing = self._probing
        await asyncio.wait({probing}, timeout=self._patience_s)
        return probing.done() and not probing.cancelled() and probing.result()
