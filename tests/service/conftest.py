"""A platform on a fresh SQLite file, whose clock the test moves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bithuman.service.settings import Settings
from tests.doubles.platform import TimedPlatform


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[TimedPlatform]:
    made = TimedPlatform(Settings(data_dir=tmp_path))
    yield made
    made.close()
