"""A platform on a fresh SQLite file, whose clock the test moves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bithuman.service.platform import Platform
from bithuman.service.settings import Settings

START_MS = 1_790_000_000_000


class TimedPlatform(Platform):
    """A platform that lives at `time_ms`."""

    def __init__(self, data_dir: Path) -> None:
        self.time_ms = START_MS
        super().__init__(Settings(data_dir=data_dir))

    def now_ms(self) -> int:
        return self.time_ms


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[TimedPlatform]:
    made = TimedPlatform(tmp_path)
    yield made
    made.close()
