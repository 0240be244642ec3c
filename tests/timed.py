"""A platform in a time that passes only when a test says so."""

from bithuman.core.clock import NS_PER_MS, Clock
from bithuman.service.platform import Platform
from bithuman.service.settings import Settings

START_MS = 1_795_575_600_000  # 2026-11-25T03:00:00Z


class TestTime:
    """A machine's two clocks, in milliseconds."""

    __test__ = False

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

    def clock(self) -> Clock:
        """A process's clock on this machine."""
        return Clock(lambda: self.date_ms * NS_PER_MS, lambda: self.steady_ms * NS_PER_MS)


class TimedPlatform(Platform):
    """A platform on a machine whose time is the test's."""

    def __init__(self, settings: Settings, time: TestTime | None = None) -> None:
        self.time = time or TestTime()
        super().__init__(settings, self.time.clock())
