"""A real platform on a fake clock."""

from bithuman.service.platform import Platform
from bithuman.service.settings import Settings
from tests.doubles.clocks import FakeMachineClocks


class TimedPlatform(Platform):
    """A platform on a machine whose time passes only when a test says so."""

    def __init__(self, settings: Settings, time: FakeMachineClocks | None = None) -> None:
        self.time = time or FakeMachineClocks()
        super().__init__(settings, self.time.clock())
