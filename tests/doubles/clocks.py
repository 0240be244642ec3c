"""Clocks whose time passes only when a test says so, without waiting."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

from bithuman.core.clock import NS_PER_MS, Clock

START_MS = 1_795_575_600_000  # 2026-11-25T03:00:00Z


class FakeMachineClocks:
    """A machine's two clocks, the date and the steady one, in milliseconds."""

    def __init__(self, start_ms: int = START_MS) -> None:
        self.date_ms = start_ms
        self.steady_ms = 0

    def spend(self, ms: int) -> None:
        """Let time pass."""
        self.date_ms += ms
        self.steady_ms += ms

    def step(self, ms: int) -> None:
        """Set the date, forward or back, while no time passes."""
        self.date_ms += ms

    def clock(self, on_step: Callable[[int], None] = lambda _: None) -> Clock:
        """A process's clock on this machine."""
        return Clock(lambda: self.date_ms * NS_PER_MS, lambda: self.steady_ms * NS_PER_MS, on_step)


class FakeTime:
    """Seconds that pass only in `spend`."""

    def __init__(self) -> None:
        self.now_s = 1_000.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def clock(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future = asyncio.get_running_loop().create_future()
        # A little later than now in any case, as with every real clock, or a rounded-off wait would never end.
        self._sleepers.append((math.nextafter(self.now_s + seconds, math.inf), future))
        await future

    async def settle(self) -> None:
        """Let everything run that can without time passing."""
        for _ in range(80):
            await asyncio.sleep(0)

    async def spend(self, seconds: float) -> None:
        """Let time pass, waking each sleeper in its turn."""
        end_s = self.now_s + seconds
        await self.settle()
        while due := [one for one in self._sleepers if one[0] <= end_s and not one[1].done()]:
            at_s, future = min(due, key=lambda one: one[0])
            self.now_s = max(self.now_s, at_s)
            future.set_result(None)
            self._sleepers = [one for one in self._sleepers if not one[1].done()]
            await self.settle()
        self.now_s = end_s

    async def suspend(self, seconds: float) -> None:
        """The host sleeps: time goes on, and no timer with it."""
        self.now_s += seconds


class JumpingFakeTime:
    """Seconds that pass at once in `sleep`, and by what the test adds."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.naps_s: list[float] = []
        self.wakes_early_s = 0.0

    def clock(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.naps_s.append(seconds)
        self.now_s += max(0.0, seconds - self.wakes_early_s)
        self.wakes_early_s = 0.0
