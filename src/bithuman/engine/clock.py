"""When the next frame is due."""

from collections.abc import Awaitable, Callable

MOST_TO_CATCH_UP = 3
"""Frames. A viewer's player buffers as many; more at once would only be thrown away."""

MOST_TO_SKIP = 50
"""Frames, two seconds. A reader that is further behind was not slow: its host slept, or its loop was blocked."""

AHEAD_S = 0.008
"""How long before it is due a frame is computed, so that it comes evenly however long that takes."""


class FrameClock:
    """Paces frames in real time. Every frame lasts as long as the sound that it carries, so this paces the sound too.

    Each deadline is counted from the first frame, so that no error adds up. A reader that is a little late gets the
    next frames at once and is on time again. One that is later skips what it missed, or goes on from now.

    Args:
        fps: frames per second.
        clock: seconds that never step.
        sleep: waits for a number of seconds; it may wake early.
        skip_late: whether a slow reader skips frames. One that was away for longer than `MOST_TO_SKIP` never does.
    """

    def __init__(
        self,
        fps: float,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        *,
        skip_late: bool = False,
    ) -> None:
        self._skip_late = skip_late
        self._period_s = 1.0 / fps
        self._clock = clock
        self._sleep = sleep
        self._first_s: float | None = None
        self._frames = 0

    async def tick(self) -> int:
        """Wait until the next frame is to be computed. Others get a turn even when it is time already.

        Returns:
            how many frames to skip before it, because they are late.
        """
        now_s = self._clock()
        if self._first_s is None:
            self._first_s = now_s
        due_s = self._first_s + self._frames * self._period_s
        late = int((now_s - due_s) / self._period_s)
        skipped = late if self._skip_late and MOST_TO_CATCH_UP <= late <= MOST_TO_SKIP else 0
        if late >= MOST_TO_CATCH_UP and not skipped:
            self._first_s, self._frames = now_s, 0
            due_s = now_s
        due_s += skipped * self._period_s
        self._frames += 1 + skipped
        self._due_s = due_s
        await self._sleep(max(0.0, due_s - AHEAD_S - now_s))
        await self._wait_until(due_s - AHEAD_S)
        return skipped

    def take_back(self, frames: int) -> None:
        """Frames of the last tick's that were not skipped after all: they are late still."""
        self._frames -= frames

    async def show(self) -> None:
        """Wait until the frame of the last tick is due."""
        await self._wait_until(self._due_s)

    async def _wait_until(self, moment_s: float) -> None:
        while (early_s := moment_s - self._clock()) > 0:
            await self._sleep(early_s)
